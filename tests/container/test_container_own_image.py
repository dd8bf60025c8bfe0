"""An application nobody here wrote: a generated Django site, its real migrations, through the declared pipeline."""

import http.client
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from delivery.options import Options
from delivery.playing import run
from rehearsal.host.interruption import Interruption
from rehearsal.host.project import ROOT
from rehearsal.levels.container.docker_api import DockerApi
from rehearsal.levels.container.level import ContainerLevel
from rehearsal.levels.runtime import RunningTask
from rehearsal.levels.version import LocalImage
from rehearsal.plays.own_application import OwnApplication
from rehearsal.plays.play import Play
from rehearsal.plays.releasing import UNNOTICED
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.running.traffic import get
from rehearsal.world.logs import KEPT_LINES
from tests.container.images import BUSYBOX

SITE = Path(__file__).with_name("django_site")
FIRST, SECOND = "delivery-tests/django:1", "delivery-tests/django:2"
PAGE = "/"
PACKAGE = "/site/site_of_others"
ASKED = "import socket; socket.create_connection(('127.0.0.1', 8000))"
WAITING = f'until python -c "{ASKED}" 2>/dev/null; do sleep 0.2; done'
SERVING = "gunicorn --chdir /site --bind 0.0.0.0:8000 --preload --workers 2 --threads 4 site_of_others.wsgi"


def sites_stack(folder: Path) -> str:
    """Stack stg with the site's own migration, ports and commands: health checks have a server of their own."""
    document = yaml.safe_load((ROOT / "Pulumi.stg.yaml").read_text(encoding="utf-8"))
    config = document["config"]
    config["delivery:migration"]["command"] = ["python", "manage.py", "migrate", "--noinput"]
    config["delivery:services"]["web"] |= {
        "port": 8000,
        "healthCheck": {"path": PAGE, "port": 8081},
        "entryPoint": ["sh", "-c"],
        "command": [f"({WAITING}; exec python -m http.server 8081) & exec {SERVING}"],
        "workingDirectory": PACKAGE,
        "sidecars": [
            {
                "name": "side",
                "image": BUSYBOX,
                "entryPoint": ["sh", "-c"],
                "command": ['echo "side is in $(pwd)"; exec sleep 3600'],
                "workingDirectory": "/etc",
            }
        ],
        "cpu": 1024,
        "memory": 2048,
    }
    (folder / "Pulumi.django.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return "django"


@pytest.fixture(scope="module")
def sites(docker: DockerApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    for image in (FIRST, SECOND):
        edition = f"EDITION={image.rpartition(':')[2]}"
        words = ["docker", "build", "--quiet", "--build-arg", edition, "--tag", image, str(SITE)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    folder = tmp_path_factory.mktemp("stacks")
    with rehearsing(
        sites_stack(folder), level=ContainerLevel, stack_file=folder / "Pulumi.django.yaml"
    ) as running:
        yield running


def test_a_django_site_is_migrated_and_released_over_its_previous_image(
    sites: Rehearsal, docker: DockerApi
) -> None:
    play = Play("own-image")
    OwnApplication(LocalImage(SECOND, SECOND), LocalImage(FIRST, FIRST)).play(sites, play)
    seen = {step.name: step.seen for step in play.steps}
    assert play.ok, seen
    assert f"200 on {PAGE}" in seen[f"{SECOND} answers through the load balancer"]
    assert re.match(r"\d+ requests: ", seen[UNNOTICED])
    assert docker.has_image(FIRST), "the user's own images stay"


@pytest.fixture
def task(sites: Rehearsal) -> RunningTask:
    """The one task of a released version."""
    if not sites.cloud.client("ecr").list_images(repositoryName="shop")["imageIds"]:
        OwnApplication(LocalImage(FIRST, FIRST)).play(sites, Play("own-image"))
    [live] = sites.services.service("apps-stg", "shop-django-web").primary.running
    return live.running


def test_a_services_entry_point_and_working_directory_replace_the_images(task: RunningTask) -> None:
    """A shell that the image does not start has started the checks' server, which serves the folder that it runs in."""
    host, port = task.address("app", 8081)
    asked = http.client.HTTPConnection(host, port, timeout=5)
    asked.request("GET", "/rehearsed.py")
    answer = asked.getresponse()
    assert answer.status == 200
    assert answer.read() == (SITE / "rehearsed.py").read_bytes(), f"{PACKAGE} is where it runs"


def test_a_sidecars_entry_point_and_working_directory_replace_its_images(task: RunningTask) -> None:
    assert "side | side is in /etc" in task.log_tail(KEPT_LINES)


def test_health_checks_ask_the_port_of_their_own(task: RunningTask, sites: Rehearsal) -> None:
    checked = [line for line in task.log_tail(KEPT_LINES) if '"GET / HTTP/1.1" 200' in line]
    assert checked, "the checks' server wrote down who asked"
    [serving] = [arn for arn, weight in weights(sites).items() if weight]
    assert list(sites.load_balancers.health(serving).values()) == ["healthy"]
    assert get(sites.users.url("web"), "/rehearsed.py")[0] == 404, "and traffic goes to the other port"


def weights(sites: Rehearsal) -> dict[str, int]:
    """How the listener divides traffic among target groups."""
    return sites.load_balancers.weights(sites.users.listener_arn("web"))


def test_djangos_own_migrations_were_run(sites: Rehearsal, docker: DockerApi) -> None:
    logs = sites.cloud.client("logs")
    group = next(
        one["logGroupName"]
        for one in logs.describe_log_groups()["logGroups"]
        if "migrate" in one["logGroupName"]
    )
    lines = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
    assert any("Applying auth.0001_initial... OK" in line for line in lines), lines[-30:]


def test_an_image_that_is_not_there_is_named(sites: Rehearsal) -> None:
    play = Play("own-image")
    with pytest.raises(Exception, match="no-such-image:7"):
        OwnApplication(LocalImage("x", "no-such-image:7")).play(sites, play)
    wrong = next(step for step in play.steps if not step.ok)
    assert "No such image: no-such-image:7" in wrong.seen


def test_a_previous_image_without_an_image_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Options(stack="stg", previous=FIRST), Interruption()) == 2
    assert "name that with --app or --image" in capsys.readouterr().err


def test_level_process_sends_an_own_image_to_level_container(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Options(stack="stg", level="process", image=FIRST), Interruption()) == 2
    assert "rehearse it with --level container" in capsys.readouterr().err

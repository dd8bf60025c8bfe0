"""`delivery rehearse` from outside: what it plays, says and answers, and that it always ends in order."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery.commands.rehearse import Options
from delivery.playing import run
from rehearsal.host import postgres, tools
from rehearsal.host.interruption import Interruption
from rehearsal.host.scratch import run_folder
from rehearsal.host.sdk import session
from rehearsal.images.image import pack
from rehearsal.images.registry import Registry, ecr_token
from rehearsal.plays.releasing import UNNOTICED
from rehearsal.plays.scenarios import SCENARIOS
from rehearsal.plays.versions import BROKEN
from rehearsal.running.traffic import get
from tests.rehearsal.commandline import Ended, Running, files, kept, plain, project, rewrite, signalled

BEGIN = "every service answers before anything changes"
STEPS = {
    "release": [
        "the pipeline's first execution finds no image",
        BEGIN,
        "push v1",
        "release v1",
        "v1 answers through the load balancer",
        "push v2",
        "release v2",
        "v2 answers through the load balancer",
        UNNOTICED,
    ],
    "broken-migration": [
        BEGIN,
        "push v3, whose migration fails",
        "the release stops at its migration",
        "nothing was deployed",
        UNNOTICED,
    ],
    "denied": [
        BEGIN,
        "the build's role loses the statement with ecr:BatchGetImage",
        "the release stops there with AWS's own error",
        "nothing changed for anyone",
        UNNOTICED,
    ],
}


def addresses(running: Running) -> Mapping[str, Any]:
    """Ask the addresses that a kept rehearsal prints."""
    told = running.told()
    (service,) = re.findall(r"^web: (http\S+)$", told, re.MULTILINE)
    (endpoint,) = re.findall(r"^export AWS_ENDPOINT_URL=(http\S+)$", told, re.MULTILINE)
    refused = {
        name: said_of(endpoint, name, call)
        for name, call in {
            "codepipeline": "list_webhooks", "codedeploy": "list_git_hub_account_token_names",
            "codebuild": "list_curated_environment_images", "elbv2": "describe_ssl_policies", "events": "list_archives",
            "iam": "list_roles", "ecs": "list_account_settings", "cloudwatch": "list_dashboards",
            "sns": "list_platform_applications", "lambda": "list_layers",
        }.items()
    }  # fmt: skip
    return {
        "service": get(service),
        "endpoint": get(endpoint, "/_ministack/health")[0],
        "refused": refused,
        "pasted": pasted(told),
        "pushed": push_by_hand(running, endpoint),
    }


def pasted(told: str) -> Mapping[str, "subprocess.CompletedProcess[str]"]:
    """What the real AWS CLI answers in a second terminal, to each command that a kept rehearsal prints."""
    exports = re.findall(r"^(?:export|unset) AWS_.*$", told, re.MULTILINE)
    examples = re.findall(r"^aws .*$", told, re.MULTILINE)
    elsewhere = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SESSION_TOKEN": "else's",
        "AWS_PROFILE": "work",
        "AWS_CONFIG_FILE": "/dev/null",
    }
    return {
        example: subprocess.run(
            ["bash", "-ec", "\n".join([*exports, example])],  # noqa: S607  (the reader's own)
            env=elsewhere,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for example in examples
        if "docker" not in example and "AWS CLI version 2" not in example
    }


def client_of(endpoint: str, name: str) -> Any:
    """A client as whoever reads the printed line makes one."""
    return session().create_client(
        name,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def said_of(endpoint: str, name: str, call: str) -> str:
    """What the endpoint says of a call that it does not answer."""
    with pytest.raises(ClientError) as refused:
        getattr(client_of(endpoint, name), call)()
    return str(refused.value)


def push_by_hand(running: Running, endpoint: str) -> str:
    """Push an image whose migration fails, as any client of the registry could."""
    image = pack(BROKEN.folder, overlays=BROKEN.overlays, architecture="amd64")
    ecr = client_of(endpoint, "ecr")
    digest = Registry(endpoint, lambda: ecr_token(ecr)).push(image, "shop", ["by-hand", "stg"])
    running.wait_for_after("Staying up until Ctrl-C", "execution Failed")
    return digest


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which nothing is changed."""
    return project(tmp_path_factory.mktemp("same"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project whose first version can't migrate."""
    made = project(tmp_path_factory.mktemp("broken"))
    rewrite(made, "examples/app/migrations/0001_create_orders.sql", "CREATE TABLE", "CREATE TABEL")
    return made


@pytest.fixture(scope="module")
def played(copy: Path, broken: Path) -> Iterator[Mapping[str, "Future[Ended]"]]:
    """Every rehearsal of this file that is a process of its own, two at a time."""
    before = files(copy)
    plays: Mapping[str, Callable[[], Ended]] = {
        "prd": plain(copy, "--stack", "prd", "--json"),
        "stg": kept(copy, addresses, "--json"),
        # While a build's commands run, while tasks start, and while the database is migrated.
        "SIGINT": signalled(copy, signal.SIGINT, "phase DOWNLOAD_SOURCE SUCCEEDED", "--json"),
        "SIGTERM": signalled(copy, signal.SIGTERM, "PRIMARY ecs-svc", "--json"),
        "SIGKILL": signalled(copy, signal.SIGKILL, "phase PRE_BUILD SUCCEEDED", "--json"),
        "broken": plain(broken, "--scenario", "denied", "--json"),
    }
    with ThreadPoolExecutor(2) as two:
        try:
            yield {name: two.submit(play) for name, play in plays.items()}
        finally:
            two.shutdown(wait=True, cancel_futures=True)
    assert files(copy) == before, "a rehearsal writes nothing outside its scratch folder"
    for folder in ("home", "tmpdir"):
        assert not list((copy.parent / folder).iterdir()), f"{folder} stays empty"


@pytest.mark.parametrize("stack", ["prd", "stg"])
def test_all_three_scenarios_go_as_they_should_and_the_report_says_what_was_seen(
    played: Mapping[str, "Future[Ended]"], stack: str
) -> None:
    ended = played[stack].result()
    assert ended.code == 0, ended.err
    report = ended.report
    assert (report["stack"], report["level"], report["ok"]) == (stack, "process", True)
    assert "not shown: the image's base and RUN steps" in report["shows"], "never more than it did"
    assert {one["name"]: [step["name"] for step in one["steps"]] for one in report["scenarios"]} == STEPS
    steps = {step["name"]: step for one in report["scenarios"] for step in one["steps"]}
    assert all(step["ok"] and step["seconds"] >= 0 for step in steps.values())
    requests, now = report["scenarios"][0]["steps"][-1]["seen"].splitlines()
    assert re.fullmatch(r"\d+ requests: \d+ by the bootstrap image, \d+ by v1, \d+ by v2", requests)
    assert re.match(r"now web: v2 answers \(digest [0-9a-f]{12}\), 200 on /healthz", now)
    own_words = steps["the release stops at its migration"]["seen"]
    assert (
        'migration failed: ERROR:  column "customer" of relation "orders" contains null values' in own_words
    )
    missing = steps["the release stops there with AWS's own error"]["seen"]
    assert "is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:us-east-1:" in missing


@pytest.mark.parametrize("stack", ["prd", "stg"])
def test_the_timeline_goes_to_standard_error_and_tells_the_way_from_push_to_traffic(
    played: Mapping[str, "Future[Ended]"], stack: str
) -> None:
    ended = played[stack].result()
    whose = "with the sample application examples/app"
    assert f"Rehearsing stack {stack} at level process {whose}: " in ended.err
    way = [
        r"ECS +public\.ecr\.aws/docker/library/ruby:3-alpine can't be pulled at level process; a stand-in plays it$",
        rf"ECR +shop\S*:{stack} is now [0-9a-f]{{12}}$",
        rf"EventBridge +rule shop-{stack}-push matched$",
        "CodePipeline +execution started by CloudWatchEvent$",
        "CodeBuild +phase BUILD SUCCEEDED$",
        rf"ECS +task definition shop-{stack}-web:2 registered$",
        "CodeDeploy +100 percent of production traffic goes to green$",
        "CodePipeline +execution Succeeded$",
        "ok  release v1$",
    ]
    places = [re.search(part, ended.err, re.MULTILINE) for part in way]
    assert all(places), way
    starts = [place.start() for place in places if place]
    assert starts == sorted(starts)
    for news in ("failed: execution", "went through: execution"):
        assert re.search(
            rf'SNS +told \S+@\S+: "A release of shop-{stack} {news} [0-9a-f-]{{36}}', ended.err
        ), "subscribers are told how each release ended"


def test_no_password_is_ever_shown(played: Mapping[str, "Future[Ended]"], copy: Path) -> None:
    shown = [text for one in played.values() for text in (one.result().out, one.result().err)]
    (password,) = {file.read_text() for file in copy.glob(".rehearsal/templates/*/password")}
    assert len(password) > 16
    assert not [text for text in shown if password in text or "postgresql://" in text]


def test_a_kept_rehearsal_answers_at_what_it_prints_until_it_is_interrupted(
    played: Mapping[str, "Future[Ended]"],
) -> None:
    ended = played["stg"].result()
    status, body = ended.facts["service"]
    assert (status, body["version"]) == (200, "v2")
    assert ended.facts["endpoint"] == 200
    assert ended.code == 0, "Ctrl-C is how a rehearsal that went well is ended here"


def test_what_a_kept_rehearsal_prints_is_pasted_and_answered(
    played: Mapping[str, "Future[Ended]"],
) -> None:
    """Whatever else the second terminal was set up for."""
    answers = played["stg"].result().facts["pasted"]
    assert [answer.stderr for answer in answers.values() if answer.returncode] == []
    said = {" ".join(example.split()[1:3]): json.loads(answer.stdout) for example, answer in answers.items()}
    assert set(said) == {
        "codepipeline list-pipeline-executions",
        "codepipeline get-pipeline-state",
        "codebuild list-builds-for-project",
        "ecs describe-services",
    }
    (last, *_) = said["codepipeline list-pipeline-executions"]["pipelineExecutionSummaries"]
    assert last["trigger"]["triggerType"] == "CloudWatchEvent"
    assert ":rule/shop-stg-push" in last["trigger"]["triggerDetail"]
    assert said["codebuild list-builds-for-project"]["ids"][0].startswith("shop-stg-migrate:")
    (service,) = said["ecs describe-services"]["services"]
    assert (service["serviceName"], service["status"]) == ("shop-stg-web", "ACTIVE")


def test_a_kept_rehearsal_goes_on_telling_its_timeline_failing_releases_included(
    played: Mapping[str, "Future[Ended]"],
) -> None:
    ended = played["stg"].result()
    told = ended.err[ended.err.index("Staying up until Ctrl-C") :]
    digest = ended.facts["pushed"].removeprefix("sha256:")[:12]
    for part in (f"shop:stg is now {digest}", "execution started by CloudWatchEvent", "execution Failed"):
        assert part in told, told
    assert told.rstrip().endswith("stopping"), "what is being stopped is no part of what is told"


def test_operations_that_are_not_played_are_refused_by_name(
    played: Mapping[str, "Future[Ended]"],
) -> None:
    refused = played["stg"].result().facts["refused"]
    assert len(refused) == 10
    for said in refused.values():
        assert "The rehearsal's endpoint does not answer" in said, refused


def test_a_kept_rehearsal_leaves_nothing_behind(played: Mapping[str, "Future[Ended]"]) -> None:
    ended = played["stg"].result()
    assert (ended.left, ended.run_folders) == ([], [])


@pytest.mark.parametrize(
    ("name", "code", "said"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")]
)
def test_an_interrupted_rehearsal_stops_everything_and_says_so(
    played: Mapping[str, "Future[Ended]"], name: str, code: int, said: str
) -> None:
    ended = played[name].result()
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.splitlines()[-1] == f"{said}; everything that was started is stopped"
    assert "Traceback" not in ended.err
    assert (ended.left, ended.run_folders) == ([], [])


def test_a_killed_rehearsal_leaves_nothing_running_and_the_next_one_removes_its_files(
    played: Mapping[str, "Future[Ended]"], copy: Path
) -> None:
    ended = played["SIGKILL"].result()
    assert ended.code == -signal.SIGKILL
    assert ended.left == []
    killed = [copy / ".rehearsal" / name for name in ended.run_folders]
    with run_folder(copy):
        assert not [folder for folder in killed if folder.exists()]


def test_a_scenario_that_goes_wrong_fails_the_command_and_shows_the_step(
    played: Mapping[str, "Future[Ended]"],
) -> None:
    ended = played["broken"].result()
    assert ended.code == 1
    assert ended.report["ok"] is False
    release, denied = ended.report["scenarios"]
    assert (release["name"], denied["name"]) == ("release", "denied"), (
        "which begins where a release has ended"
    )
    wrong = next(one for one in release["steps"] if not one["ok"])
    assert wrong["name"] == "release v1"
    assert "syntax error" in wrong["seen"]
    assert "TABEL" in wrong["seen"]
    assert denied["steps"], "it is played all the same"
    assert re.search(r"no  release v1\n(?: {11}.*\n)*.*syntax error", ended.err), "the timeline says why, too"
    assert "Traceback" not in ended.err


def test_a_wrong_setting_is_refused_before_anything_starts(tmp_path: Path) -> None:
    made = project(tmp_path)
    rewrite(made, "Pulumi.stg.yaml", "timeoutMinutes: 15", "timeoutMinute: 15")
    ended = Running(made, "--json").end()
    assert ended.code == 3, "a CI tells a wrong setting from a release that went wrong"
    report = ended.report
    assert (report["format"], report["ok"], report["exitCode"]) == (1, False, 3)
    assert report["error"]["class"] == "settings"
    assert "migration.timeoutMinute" in report["error"]["sentence"]
    assert "migration.timeoutMinute" in ended.err
    assert "timeoutMinutes" in ended.err, "the nearest right name"
    assert "Traceback" not in ended.err
    assert "resources of stack" not in ended.err, "nothing was declared"
    assert not (made / ".rehearsal").exists()


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (
            Options(stack="stg", level="process", scenario=["relase"]),
            2,
            "--scenario relase: there is no such scenario; name one of release, broken-migration, denied",
        ),
        (
            Options(stack="dev", level="process"),
            3,
            "stack dev: there is no Pulumi.dev.yaml; name one of prd, stg",
        ),
        (
            Options(stack="stg", level="real"),
            2,
            "--level real: there is no such level; name one of process, container",
        ),
    ],
)
def test_what_there_is_not_is_refused_in_one_sentence(
    options: Options, code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(options, Interruption()) == code
    assert capsys.readouterr().err.splitlines()[-1] == sentence


def test_an_emulator_that_cannot_be_loaded_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ministack.app", None)
    assert run(Options(stack="stg", level="process"), Interruption()) == 4
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("the emulator cannot be loaded (")
    assert said[0].endswith("install the lock: make setup")


def test_a_port_that_somebody_else_takes_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "rehearsal.running.starting.declare", lambda *_: None
    )  # costs seconds and is not the question
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(postgres, "own_loopback", lambda _: taken.getsockname())
        assert run(Options(stack="stg", level="process"), Interruption()) == 4
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1
    assert "the server did not start" in said[0]
    assert "Address already in use" in said[0]


def test_a_missing_tool_is_one_sentence_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(tools, "SYSTEM", str(tmp_path))
    assert run(Options(stack="stg", level="process"), Interruption()) == 4
    said = "aws: builds call it, and this machine does not have it; install the lock: make setup"
    assert capfd.readouterr().err.splitlines() == [said]


def test_every_scenario_is_played_here() -> None:
    assert list(SCENARIOS) == list(STEPS)

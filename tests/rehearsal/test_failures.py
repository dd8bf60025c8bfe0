"""What goes wrong in a release stops it where AWS would, says why, and changes nothing for anyone."""

import json
import re
import shlex
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from rehearsal.endpoint.emulator import give_secret_arn
from rehearsal.faults import provided, rewritten
from rehearsal.images.image import pack
from rehearsal.images.registry import Registry, ecr_token
from rehearsal.plays.versions import V1
from rehearsal.running.rehearsal import Rehearsal
from tests.rehearsal.stagehands import (
    SERVICE,
    Replay,
    build_log,
    database_url,
    failure,
    holding,
    ran,
    release,
    told,
    unchecked,
    until,
    version,
)

ENDLESS = """
import os, signal, sys, time
def ended(*_):
    print("TERM came", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, ended)
print("pid", os.getpid(), flush=True)
time.sleep(60)
"""

TALKATIVE = """
import json, os, sys, time
print("words", json.dumps(sys.argv[1:]))
print("url", os.environ["DATABASE_URL"])
time.sleep(0.5)
"""

UNHEALTHY = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(500)
    def log_message(self, *_):
        pass
print("version sick refuses its health checks", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


pytestmark = pytest.mark.usefixtures("good_keeps_answering")


def revisions(rehearsal: Rehearsal) -> list[str]:
    return rehearsal.cloud.client("ecs").list_task_definitions()["taskDefinitionArns"]


def secret(rehearsal: Rehearsal) -> str:
    """The reference that the migration's DATABASE_URL is declared with."""
    return rehearsal.settings.migration.secrets["DATABASE_URL"]


@contextmanager
def secret_holding(rehearsal: Rehearsal, text: str | None) -> Generator[str]:
    """Let the stack's secret hold something else, or be gone; its ARN."""
    arn = ":".join(secret(rehearsal).split(":")[:7])
    manager = rehearsal.cloud.client("secretsmanager")
    before = manager.get_secret_value(SecretId=arn)["SecretString"]
    name = manager.describe_secret(SecretId=arn)["Name"]
    if text is None:
        manager.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    else:
        manager.put_secret_value(SecretId=arn, SecretString=text)
    try:
        yield arn
    finally:
        if text is None:
            manager.create_secret(Name=name, SecretString=before)
            give_secret_arn(arn, rehearsal.cloud.place.account)
        else:
            manager.put_secret_value(SecretId=arn, SecretString=before)


def test_a_missing_secret_stops_the_build_and_is_named_with_the_builds_own_variable(
    rehearsal: Rehearsal, good: str
) -> None:
    with unchecked(rehearsal), secret_holding(rehearsal, None) as arn:
        stopped = release(rehearsal, good)
    said = failure(stopped, "Migrate")
    assert "Phase: DOWNLOAD_SOURCE" in said, "before any command of ours runs"
    assert f"(secret {arn} for DELIVERY_VALUE_0)" in said
    assert "ResourceNotFoundException" in said


def test_a_missing_key_of_a_secret_is_named_without_showing_what_the_secret_holds(
    rehearsal: Rehearsal, good: str
) -> None:
    with (
        unchecked(rehearsal),
        secret_holding(rehearsal, '{"uri": "postgresql://somebody:hidden@nowhere/app"}') as arn,
    ):
        said = failure(release(rehearsal, good), "Migrate")
    assert f"no value for key 'url' (secret {arn} for DELIVERY_VALUE_0)" in said
    assert "hidden" not in said


def test_a_secret_that_tasks_miss_stops_the_deployment_and_is_named(
    rehearsal: Rehearsal, good: str, replay: Replay
) -> None:
    with (
        unchecked(rehearsal),
        secret_holding(rehearsal, None) as arn,
        provided(rehearsal.pipeline, "CodeBuild", replay),
    ):
        said = failure(release(rehearsal, good), "Deploy-web")
    assert "ResourceInitializationError" in said
    assert arn in said


def test_an_image_of_the_wrong_architecture_is_refused_before_migrating(
    rehearsal: Rehearsal, good: str
) -> None:
    """Otherwise the migration, or after it every task, would die of "exec format error"."""
    client = rehearsal.cloud.client("ecr", rehearsal.team.pusher())
    registry = Registry(rehearsal.cloud.endpoint, lambda: ecr_token(client))
    image = pack(V1.folder, architecture="arm64")
    digest = registry.push(image, rehearsal.settings.image.repository, ["on-arm"])
    before = revisions(rehearsal)
    said = failure(release(rehearsal, digest), "Check")
    assert f"image {digest}: it is for linux/arm64, the tasks run on linux/amd64 (X86_64)" in said
    assert "build it for linux/amd64 and push again; nothing was migrated" in said
    assert "exec format error" not in said
    assert revisions(rehearsal) == before


def template(rehearsal: Rehearsal, kind: str) -> tuple[str, str, str]:
    """Bucket, key and text of a declared template."""
    objects = rehearsal.cloud.declared("aws:s3/bucketObjectv2:BucketObjectv2")
    one = next(o for o in objects if o.inputs["key"].endswith(f"/{kind}"))
    return one.inputs["bucket"], one.inputs["key"], one.inputs["content"]


def test_a_missing_template_is_named_with_its_place_and_remedy(rehearsal: Rehearsal, good: str) -> None:
    bucket, key, _ = template(rehearsal, "taskdef-web.json")
    with unchecked(rehearsal), rewritten(rehearsal.cloud, bucket, key, None):
        said = failure(release(rehearsal, good, MIGRATE="skip"), "Migrate")
    place = key.rpartition("/")[0]
    assert f"the template taskdef-web.json is not at s3://{bucket}/{place}/; run pulumi up" in said


@pytest.mark.parametrize(
    ("file", "placeholder"),
    [("taskdef-web.json", "<IMAGE1_NAME>"), ("appspec-web.yaml", "<TASK_DEFINITION>")],
)
def test_a_template_without_its_placeholder_is_not_deployed(
    rehearsal: Rehearsal, good: str, file: str, placeholder: str
) -> None:
    """It would deploy an older image for ever, and every release would look well."""
    bucket, key, text = template(rehearsal, file)
    assert placeholder in text
    before = revisions(rehearsal)
    with (
        unchecked(rehearsal),
        rewritten(rehearsal.cloud, bucket, key, text.replace(placeholder, "nothing").encode()),
    ):
        said = failure(release(rehearsal, good, MIGRATE="skip"), "Deploy-web")
    assert placeholder in said
    assert revisions(rehearsal) == before


def test_an_unhealthy_version_never_gets_traffic_and_is_taken_away_again(
    rehearsal: Rehearsal, good: str, replay: Replay, tmp_path: Path
) -> None:
    """codedeploy/latest/userguide/deployment-steps-ecs: traffic shifts after Install only, and Install waits for green."""
    with holding(rehearsal) as push:
        event = push(version(tmp_path, "sick", app_py=UNHEALTHY))
    sick = event["detail"]["image-digest"]
    listener = rehearsal.users.listener_arn(SERVICE)
    before = rehearsal.load_balancers.weights(listener)
    with provided(rehearsal.pipeline, "CodeBuild", replay), rehearsal.users.traffic() as traffic:
        stopped = release(rehearsal, sick)
    said = failure(stopped, "Deploy-web")
    assert "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:" in said
    assert "is unhealthy: Target.ResponseCodeMismatch [500]: it answers 500 on /healthz" in said
    assert "it had gracePeriodSeconds 60 and unhealthyThreshold 3" in said, "the settings that decide this"
    assert "version sick refuses its health checks" in said, "the task's own last words"
    assert "It was rolled back by d-" in said
    verdict = traffic.verdict(rehearsal.users.answering)
    assert (dict(verdict.failed), list(verdict.answered)) == ({}, ["good"])
    assert verdict.sent > 20
    after = rehearsal.load_balancers.weights(listener)
    assert {arn: w for arn, w in after.items() if w} == {arn: w for arn, w in before.items() if w}
    green = next(arn for arn, weight in after.items() if not weight)
    assert rehearsal.load_balancers.health(green) == {}, "no target of green is left"


def test_a_migration_that_takes_too_long_is_asked_to_stop_and_nothing_is_deployed(
    rehearsal: Rehearsal, good: str, tmp_path: Path
) -> None:
    with holding(rehearsal) as push:
        event = push(version(tmp_path, "endless", migrate_py=ENDLESS))
    with told(rehearsal.cloud, DELIVERY_TIMEOUT_MINUTES="0.02"):
        stopped = release(rehearsal, event["detail"]["image-digest"])
    said = failure(stopped, "Migrate")
    assert "TERM came" in said, "the migration had its chance to end in order"
    assert (
        "the migration was stopped after 0.02 minutes (migration.timeoutMinutes); nothing is deployed" in said
    )
    assert ran(stopped) == ["Source", "Check", "Migrate"]
    (pid,) = re.findall(r"^pid (\d+)$", said, re.MULTILINE)
    until(lambda: not psutil.pid_exists(int(pid)), "the migration's process to be gone", 5)


def test_words_arrive_unharmed_and_no_secret_stands_on_a_command_line_or_in_a_log(
    rehearsal: Rehearsal, good: str, tmp_path: Path
) -> None:
    words = [
        "two words",
        "it's",
        '"quoted"',
        "$HOME",
        "${PATH}",
        "$(id)",
        "`id`",
        "a;b|c>d&",
        "*",
        "back\\slash",
        "ü -e",
        "--",
    ]
    with holding(rehearsal) as push:
        event = push(version(tmp_path, "talkative", migrate_py=TALKATIVE))
    url = database_url(rehearsal.cloud, secret(rehearsal))
    password = url.split(":")[2].split("@")[0]
    command = shlex.join(["python", "migrate.py", *words])
    with (
        told(rehearsal.cloud, DELIVERY_COMMAND=command, DELIVERY_TEMPLATE_FILES="none"),
        command_lines() as seen,
    ):
        said = failure(release(rehearsal, event["detail"]["image-digest"]), "Migrate")
    (arrived,) = re.findall(r"^words (.*)$", said, re.MULTILINE)
    assert json.loads(arrived) == words
    lines = {" ".join(line) for line in seen}
    assert any("migrate.py" in line for line in lines), "the migration itself was among what was looked at"
    assert not [line for line in lines if password in line]
    log = build_log(rehearsal.cloud)
    assert "url ***" in log, "even a migration that prints its secret does not get it into the log"
    journal = [f"{entry.message} {entry.detail}" for entry in rehearsal.journal.entries()]
    assert not [line for line in [*log, *journal, said] if password in line]


@contextmanager
def command_lines() -> Generator[set[tuple[str, ...]]]:
    """Collect the command line of every process of this machine while the context is open."""
    seen: set[tuple[str, ...]] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            for process in psutil.process_iter():
                try:
                    seen.add(tuple(process.cmdline()))
                except psutil.Error:
                    continue

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()

"""Releases that cannot succeed, each for as long as its context lasts, and a stack they are tried on.

With `Check` each is refused before anything is provisioned (test_check.py); without it, the database is migrated first, and then
nothing is deployed, or something that should not be (test_without_check.py).
"""

import copy
import json
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.codedeploy.declared import GROUP
from rehearsal.codepipeline.execution import Execution, SourceRevision
from rehearsal.faults import rewritten
from rehearsal.host.project import ROOT
from rehearsal.images.image import pack
from rehearsal.images.registry import Registry, ecr_token
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.plays.versions import V1, V2
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.world.clock import Clock

KEYS = "shop/stg/keys"
"""A secret that the tasks read and the migration does not."""
FLAGS = "/shop/stg/flags"
"""A parameter that they read."""
PATIENCE = 120.0
RUNNING = ("Created", "Queued", "InProgress", "Ready")
"""States of a deployment that has not ended."""


@contextmanager
def stack(folder: Path, *, check: bool, several: bool = False) -> Generator[Rehearsal]:
    """Stack stg with a secret and a parameter that only its tasks read, running v1; `several` adds service api."""
    document = yaml.safe_load((ROOT / "Pulumi.stg.yaml").read_text(encoding="utf-8"))
    config = document["config"]
    config["delivery:release"]["check"] = check
    web = config["delivery:services"]["web"]
    if several:
        config["delivery:services"]["api"] = copy.deepcopy(web)
    web["secrets"]["SIGNING_KEY"] = (
        f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{KEYS}-AbCdEf:signing::"
    )
    web["secrets"]["FLAGS"] = f"arn:aws:ssm:us-east-1:123456789012:parameter{FLAGS}"
    web["stopTimeoutSeconds"] = 120
    file = folder / "Pulumi.stg.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with rehearsing("stg", level=ProcessLevel, stack_file=file, clock=Clock(0.002, own=0.25)) as running:
        ended = running.pushes.release_of(running.team.push(V1), PATIENCE)
        assert ended.status == "Succeeded", [(one.action, one.error_message) for one in ended.actions]
        yield running


def release(rehearsal: Rehearsal, digest: str = "", **variables: str) -> Execution:
    """Start a release by hand, of the digest that the tag is on when none is given; its end."""
    revisions = [SourceRevision("Source", "IMAGE_DIGEST", digest)] if digest else []
    execution = rehearsal.pipeline.start(
        rehearsal.pipeline_name, source_revisions=revisions, variables=variables
    )
    return rehearsal.pipeline.wait(execution, PATIENCE)


def lines(rehearsal: Rehearsal, group: str) -> list[str]:
    """What stands in a log group."""
    logs = rehearsal.cloud.client("logs")
    found: list[str] = []
    for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
        answer = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])
        found += [event["message"] for event in answer["events"]]
    return found


def migrations(rehearsal: Rehearsal) -> int:
    """How many builds have migrated."""
    return lines(rehearsal, "/delivery/shop/stg/migrate").count("delivery: migrated")


def group(rehearsal: Rehearsal) -> Mapping[str, Any]:
    """The deployment group of service web, as it is declared."""
    return rehearsal.cloud.one(GROUP, deploymentGroupName="shop-stg-web").inputs


def _template(rehearsal: Rehearsal, name: str) -> tuple[str, str]:
    """Bucket and key of a template."""
    s3 = rehearsal.cloud.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for found in s3.list_objects_v2(Bucket=bucket["Name"], Prefix="templates/").get("Contents", ()):
            if found["Key"].endswith(f"/{name}"):
                return bucket["Name"], found["Key"]
    raise LookupError(f"there is no template {name}")


@contextmanager
def written(rehearsal: Rehearsal, name: str, change: Callable[[bytes], bytes | None]) -> Generator[None]:
    """Let a template say something else, or be gone."""
    bucket, key = _template(rehearsal, name)
    before = rehearsal.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with rewritten(rehearsal.cloud, bucket, key, change(before)):
        yield


def _written(name: str, change: Callable[[bytes], bytes | None]) -> Callable[[Rehearsal], Any]:
    @contextmanager
    def doomed(rehearsal: Rehearsal) -> Generator[Execution]:
        with written(rehearsal, name, change):
            yield release(rehearsal)

    return doomed


@contextmanager
def _without_a_key(rehearsal: Rehearsal) -> Generator[Execution]:
    secrets = rehearsal.cloud.client("secretsmanager")
    before = secrets.get_secret_value(SecretId=KEYS)["SecretString"]
    secrets.put_secret_value(SecretId=KEYS, SecretString=json.dumps({"another": "value"}))
    try:
        yield release(rehearsal)
    finally:
        secrets.put_secret_value(SecretId=KEYS, SecretString=before)


@contextmanager
def _without_a_parameter(rehearsal: Rehearsal) -> Generator[Execution]:
    ssm = rehearsal.cloud.client("ssm")
    before = ssm.get_parameter(Name=FLAGS, WithDecryption=True)["Parameter"]
    ssm.delete_parameter(Name=FLAGS)
    try:
        yield release(rehearsal)
    finally:
        ssm.put_parameter(Name=FLAGS, Value=before["Value"], Type=before["Type"])


@contextmanager
def _in_alarm(rehearsal: Rehearsal) -> Generator[Execution]:
    """An alarm that stays on: whoever sets it does so again before CloudWatch looks at its metric."""
    cloudwatch = rehearsal.cloud.client("cloudwatch")
    name = group(rehearsal)["alarmConfiguration"]["alarms"][0]
    over, who = threading.Event(), object()

    def on() -> None:
        while not over.wait(0.1):
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="it stays on")

    rehearsal.cloud.clock.hold(who)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="it is on")
    setting = threading.Thread(target=on)
    setting.start()
    try:
        yield release(rehearsal)
    finally:
        over.set()
        setting.join()
        rehearsal.cloud.clock.release(who)
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="it is over")


@contextmanager
def _while_another_is_deployed(rehearsal: Rehearsal) -> Generator[Execution]:
    codedeploy = rehearsal.cloud.client("codedeploy")
    declared = group(rehearsal)
    named = {"applicationName": declared["appName"], "deploymentGroupName": declared["deploymentGroupName"]}
    before = codedeploy.list_deployments(**named)["deployments"]
    revision = codedeploy.get_deployment(deploymentId=before[0])["deploymentInfo"]["revision"]
    who = object()
    rehearsal.cloud.clock.hold(who)  # its minutes are real ones meanwhile
    deployment = codedeploy.create_deployment(**named, revision=revision)["deploymentId"]
    try:
        yield release(rehearsal)
    finally:
        rehearsal.cloud.clock.release(who)
        while codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]["status"] in RUNNING:
            rehearsal.cloud.clock.sleep(10)


@contextmanager
def _for_another_architecture(rehearsal: Rehearsal) -> Generator[Execution]:
    image = pack(V2.folder, overlays=V2.overlays, architecture="arm64")
    ecr = rehearsal.cloud.client("ecr", rehearsal.team.pusher())
    registry = Registry(rehearsal.cloud.endpoint, lambda: ecr_token(ecr))
    yield release(rehearsal, registry.push(image, rehearsal.settings.image.repository, ["arm64"]))


@contextmanager
def _of_an_older_push(rehearsal: Rehearsal) -> Generator[Execution]:
    """The tag is on another image when the event of the push is heeded."""
    older = next(digest for digest, named in rehearsal.cloud.versions.items() if named == V1.name)
    with rehearsal.pushes.held():
        rehearsal.team.push(V2)
    yield release(rehearsal, older, TRIGGER="push")


@contextmanager
def _of_an_image_that_is_gone(rehearsal: Rehearsal) -> Generator[Execution]:
    """Deleted between the source and what follows."""
    image = pack(V2.folder, overlays=V2.overlays, labels={"only": "this one"})
    ecr = rehearsal.cloud.client("ecr")
    registry, repository = Registry(rehearsal.cloud.endpoint, lambda: ecr_token(ecr)), "shop"
    digest = registry.push(image, repository, ["gone"])
    pipelines, name = rehearsal.cloud.client("codepipeline"), rehearsal.pipeline_name
    door = {"pipelineName": name, "stageName": "Release", "transitionType": "Inbound"}
    pipelines.disable_stage_transition(**door, reason="an image is deleted first")
    revision = SourceRevision("Source", "IMAGE_DIGEST", digest)
    execution = rehearsal.pipeline.start(name, source_revisions=[revision])
    while rehearsal.pipeline.execution(execution).stage != "Release":
        rehearsal.cloud.clock.sleep(5)
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": digest}])
    pipelines.enable_stage_transition(**door)
    yield rehearsal.pipeline.wait(execution, PATIENCE)


@dataclass(frozen=True)
class Doomed:
    """One release that cannot succeed."""

    of: Callable[[Rehearsal], AbstractContextManager[Execution]]
    refused: str
    """What `Check` says of it."""
    migrated: bool = True
    """Whether it migrates without `Check`."""
    deployed: bool = False
    """Whether it deploys without `Check`."""
    failed: str = ""
    """What is said without `Check`, long after."""


def gone(before: bytes) -> None:
    """Nothing is left of a template."""
    del before


def placeholder_replaced(before: bytes) -> bytes:
    """A template that somebody has filled in."""
    return before.replace(b"<IMAGE1_NAME>", b"nginx:latest")


DOOMED: Mapping[str, Doomed] = {
    "a task definition without the placeholder": Doomed(
        _written("taskdef-web.json", placeholder_replaced),
        "has the image 'nginx:latest' in place of <IMAGE1_NAME>",
        failed="the placeholder <IMAGE1_NAME> is the image of no container",
    ),
    "an AppSpec that is not there": Doomed(
        _written("appspec-web.yaml", gone),
        "it is not there",
        failed="the template appspec-web.yaml is not at",
    ),
    "a JSON key that the secret does not have": Doomed(_without_a_key, "signing", failed="signing"),
    "a parameter that is not there": Doomed(
        _without_a_parameter, f"parameter{FLAGS} (read by services.web", failed=FLAGS
    ),
    "an alarm that is on": Doomed(_in_alarm, "it is in ALARM", failed="alarm"),
    "a deployment that runs": Doomed(
        _while_another_is_deployed,
        "a group takes one deployment at a time",
        failed="already has an active Deployment",
    ),
    "an image for another architecture": Doomed(
        _for_another_architecture,
        "the tasks run on linux/amd64",
        migrated=False,
        failed="exec format error",
    ),
    "an image that was deleted": Doomed(
        _of_an_image_that_is_gone,
        "there is none of this digest in shop",
        migrated=False,
        failed="could not be pulled",
    ),
    "a push that another one has overtaken": Doomed(_of_an_older_push, "is on sha256:", deployed=True),
}

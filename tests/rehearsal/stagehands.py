"""Hands for the tests of whole rehearsals: versions to push, events to hold back, declarations to change for a while."""

import itertools
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from rehearsal.codebuild.declared import PROJECT_TYPE
from rehearsal.codepipeline.actions.codebuild import CodeBuildAction
from rehearsal.codepipeline.execution import (
    ActionCall,
    ActionFailed,
    ActionProvider,
    ActionRun,
    Execution,
    SourceRevision,
)
from rehearsal.faults import changed, provided
from rehearsal.lambda_.declared import FUNCTION
from rehearsal.levels.version import Version
from rehearsal.plays.versions import V1
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.traffic import get
from rehearsal.world.cloud import Cloud
from rehearsal.world.zips import unzipped, zipped

SERVICE = "web"
TEMPLATE = "aws:s3/bucketObjectv2:BucketObjectv2"
PATIENCE = 60.0
"""Real seconds after which something that should have ended is taken for stuck."""


def until(so: Callable[[], object], what: str, timeout: float = PATIENCE) -> None:
    """Return once `so()` is true; fails the test after `timeout` real seconds, naming what was waited for."""
    deadline = time.monotonic() + timeout
    while not so():
        assert time.monotonic() < deadline, f"waited {timeout:g} s for {what}"
        time.sleep(0.01)


def version(folder: Path, name: str, **files: str) -> Version:
    """A version of the sample application that says `name`; `files` are laid over it (`app_py` is app.py)."""
    overlay = folder / name
    overlay.mkdir()
    (overlay / "VERSION").write_text(f"{name}\n", encoding="utf-8")
    for key, text in files.items():
        (overlay / key.replace("_py", ".py")).write_text(text, encoding="utf-8")
    return Version(name, V1.folder, [overlay])


def start(rehearsal: Rehearsal, digest: str | None, **variables: str) -> str:
    """Start a release of one digest as an operator does, without waiting; its execution id."""
    revisions = [SourceRevision("Source", "IMAGE_DIGEST", digest)] if digest else []
    return rehearsal.pipeline.start(rehearsal.pipeline_name, source_revisions=revisions, variables=variables)


def release(rehearsal: Rehearsal, digest: str | None, **variables: str) -> Execution:
    """Release one digest as an operator does, to its end."""
    return rehearsal.pipeline.wait(start(rehearsal, digest, **variables), PATIENCE)


def ended(rehearsal: Rehearsal, *execution_ids: str) -> list[Execution]:
    """These executions once each has ended."""
    return [rehearsal.pipeline.wait(one, PATIENCE) for one in execution_ids]


def failure(execution: Execution, action: str) -> str:
    """What CodePipeline shows for the action at which an execution failed."""
    assert execution.status == "Failed", (execution.status, [one.action for one in execution.actions])
    run = execution.action(action)
    assert run.status == "Failed", run
    return run.error_message or ""


def ran(execution: Execution) -> list[str]:
    """The actions an execution came to."""
    return [one.action for one in execution.actions]


def answering(rehearsal: Rehearsal) -> str:
    """The version that answers in production."""
    status, body = get(rehearsal.users.url(SERVICE), "/healthz")
    return str(body.get("version", f"HTTP {status}"))


def deployed(executions: list[Execution]) -> list[str]:
    """The digests that were deployed, in the order their deployments ended."""
    pairs = [
        (run.ended or 0.0, one.action("Source").outputs["ImageDigest"])
        for one in executions
        for run in one.actions
        if run.provider == "CodeDeployToECS" and run.status == "Succeeded"
    ]
    return [digest for _, digest in sorted(pairs)]


def builds(executions: list[Execution]) -> list[ActionRun]:
    """The builds of several executions in the order they began, none of which overlaps the next."""
    runs = sorted((run for one in executions for run in one.actions if run.action == "Migrate"), key=_began)
    for earlier, later in itertools.pairwise(runs):
        assert earlier.ended is not None
        assert earlier.ended <= later.started, "two builds ran at the same time"
    return runs


def _began(run: ActionRun) -> float:
    return run.started


@contextmanager
def holding(rehearsal: Rehearsal) -> Generator[Callable[[Version], Mapping[str, Any]]]:
    """Hold events back: the function pushes a version and answers the event of the stack's tag, undelivered."""
    with rehearsal.pushes.held() as held:

        def push(pushed: Version) -> Mapping[str, Any]:
            before = len(held)
            rehearsal.team.push(pushed)
            until(lambda: len(held) == before + 2, "the events of the push under two tags")
            tag = rehearsal.settings.source.push.tag
            return next(event for event in held[before:] if event["detail"]["image-tag"] == tag)

        yield push


def digest_of(event: Mapping[str, Any]) -> str:
    """The pushed digest an event tells of."""
    return str(event["detail"]["image-digest"])


class Through:
    """A check that lets everything through: for what goes wrong after it."""

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Say nothing."""
        del call
        return {}


@contextmanager
def unchecked(rehearsal: Rehearsal) -> Generator[None]:
    """Let what goes wrong after the check go wrong; a stack without one is in test_without_check.py."""
    with provided(rehearsal.pipeline, "Lambda", Through()):
        yield


@contextmanager
def told(cloud: Cloud, **variables: str) -> Generator[None]:
    """Let the build project declare other values for its variables for a while."""
    project = cloud.one(PROJECT_TYPE)
    environment = project.inputs["environment"]
    items = [
        {**item, "value": variables.get(item["name"], item["value"])}
        for item in environment["environmentVariables"]
    ]
    with changed(cloud, project, environment={**environment, "environmentVariables": items}):
        yield


def build_provider(rehearsal: Rehearsal) -> CodeBuildAction:
    """The provider of builds."""
    inside: Any = rehearsal.pipeline
    found: ActionProvider = inside._providers["CodeBuild"]
    if isinstance(found, Door):
        found = found.provider
    if isinstance(found, Replay):
        return found.real
    assert isinstance(found, CodeBuildAction)
    return found


@dataclass
class Door:
    """Stands in front of CodeBuild; the first build waits there, holding its stage, until the door opens, and then fails."""

    provider: ActionProvider
    reached: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Hold the first, let the others through."""
        if self.reached.is_set():
            return self.provider.run(call)
        self.reached.set()
        self.opened.wait(PATIENCE)
        raise ActionFailed("JobFailed", "held back by the test, and then let go")


@dataclass(frozen=True)
class Replay:
    """Answers with what an earlier good build answered, asking for the permissions of pipeline and build all the same."""

    real: CodeBuildAction
    artifact: bytes
    variables: Mapping[str, str]

    @classmethod
    def of(cls, rehearsal: Rehearsal, execution: Execution) -> "Replay":
        """Remember the build of a good release."""
        s3 = rehearsal.cloud.client("s3")
        pipeline = rehearsal.cloud.one("aws:codepipeline/pipeline:Pipeline")
        bucket = pipeline.inputs["artifactStores"][0]["location"]
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
        for key in keys:
            data = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            if data.startswith(b"PK") and any(name.startswith("taskdef-") for name in unzipped(data)):
                return cls(build_provider(rehearsal), data, execution.action("Migrate").outputs)
        raise LookupError(f"no artifact with templates among {keys}")

    @classmethod
    def of_templates(cls, rehearsal: Rehearsal) -> "Replay":
        """What a good build would hand on, where none has been played: the stack's own templates."""
        objects = [one.inputs for one in rehearsal.cloud.declared(TEMPLATE)]
        files = {one["key"].rpartition("/")[2]: one["content"].encode() for one in objects}
        version = objects[0]["key"].split("/")[-2]
        return cls(build_provider(rehearsal), zipped(files), {"DELIVERY_TEMPLATE_VERSION": version})

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Ask what StartBuild asks, and put the artifact as the build's role."""
        inside: Any = self.real
        project = inside._builds.project(call.configuration["ProjectName"])
        inside._authorize(call, project)
        credentials = inside._cloud.authority.assume(
            project.service_role, "codebuild.amazonaws.com", {"aws:SourceArn": project.arn}
        )
        (output,) = call.outputs
        call.put_artifact(output, self.artifact, credentials, project.key_id)
        return self.variables


def build_log(cloud: Cloud) -> list[str]:
    """Every line of every build's log, as CloudWatch Logs holds it."""
    return _log(cloud, cloud.one(PROJECT_TYPE).inputs["logsConfig"]["cloudwatchLogs"]["groupName"])


def function_log(cloud: Cloud) -> list[str]:
    """Every line of the release function's log, as CloudWatch Logs holds it."""
    return _log(cloud, cloud.one(FUNCTION).inputs["loggingConfig"]["logGroup"])


def _log(cloud: Cloud, group: str) -> list[str]:
    logs = cloud.client("logs")
    return [line for stream in _streams(logs, group) for line in _lines(logs, group, stream)]


def _streams(logs: Any, group: str) -> Iterator[str]:
    for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
        yield stream["logStreamName"]


def _lines(logs: Any, group: str, stream: str) -> Iterator[str]:
    events = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
    for event in events:
        yield event["message"]


def database_url(cloud: Cloud, reference: str) -> str:
    """The value behind a reference to one key of a secret."""
    arn, _, rest = reference.rpartition(":secret:")
    name, key = rest.split(":")[:2]
    text = cloud.client("secretsmanager").get_secret_value(SecretId=f"{arn}:secret:{name}")["SecretString"]
    return str(json.loads(text)[key])

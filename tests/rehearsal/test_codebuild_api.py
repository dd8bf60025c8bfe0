"""CodeBuild's API at the endpoint, asked by boto3 while real builds run."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codebuild.api import CodeBuildApi
from rehearsal.codepipeline.execution import ActionFailed
from rehearsal.endpoint.operations import Operations
from rehearsal.host.processes import Processes
from rehearsal.world.cloud import HERE
from tests.rehearsal.build_world import PROJECT, Shop, spec
from tests.rehearsal.endpoint_world import Endpoint, allow, endpoint, refused


class Builds(Shop):
    """A project whose builds the endpoint tells of."""

    def __init__(self, there: Endpoint, scratch: Path, processes: Processes) -> None:
        super().__init__(there.gateway.endpoint, there.cloud.authority, scratch, processes)
        self.there = there
        answering = Operations(CodeBuildApi(self.builds), model="codebuild", place=HERE)
        there.gateway.answer_by({"codebuild": answering})
        self.client = self.cloud.client("codebuild")

    def of(self, build: str) -> dict[str, Any]:
        (found,) = self.client.batch_get_builds(ids=[build])["builds"]
        return found

    def ids(self) -> list[str]:
        return list(self.client.list_builds_for_project(projectName="migrate")["ids"])

    def until(self, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The latest build once something holds of it."""
        end = time.monotonic() + 20
        while not (self.ids() and holds(self.of(self.ids()[0]))):
            assert time.monotonic() < end, "in vain"
            time.sleep(0.05)
        return self.of(self.ids()[0])


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with endpoint(tmp_path_factory.mktemp("endpoint"), bucket="artifacts") as made:
        yield made


@pytest.fixture
def builds(there: Endpoint, tmp_path: Path) -> Iterator[Builds]:
    with Processes() as processes:
        yield Builds(there, tmp_path, processes)


def begun(builds: Builds, buildspec: str) -> "Future[dict[str, str]]":
    """A build that runs meanwhile."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(builds.run, buildspec)
    pool.shutdown(wait=False)
    return future


def test_a_build_that_succeeded_is_told_phase_by_phase(builds: Builds) -> None:
    """codebuild/latest/userguide/view-build-details-phases.md."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    builds.action = [{"name": "MIGRATE", "value": "run", "type": "PLAINTEXT"}]
    builds.run(spec(env="exported-variables: [RELEASE]", build=["export RELEASE=$MIGRATE-1"]))
    (build,) = builds.ids()
    found = builds.of(build)
    assert re.fullmatch(r"migrate:[0-9a-f-]{36}", build)
    assert found["arn"] == f"arn:aws:codebuild:us-east-1:123456789012:build/{build}"
    assert (found["buildStatus"], found["buildComplete"], found["currentPhase"]) == (
        "SUCCEEDED",
        True,
        "COMPLETED",
    )
    names = [
        "SUBMITTED",
        "QUEUED",
        "PROVISIONING",
        "DOWNLOAD_SOURCE",
        "BUILD",
        "UPLOAD_ARTIFACTS",
        "FINALIZING",
        "COMPLETED",
    ]
    assert [one["phaseType"] for one in found["phases"]] == names
    assert {one["phaseStatus"] for one in found["phases"][:-1]} == {"SUCCEEDED"}
    assert found["exportedEnvironmentVariables"] == [{"name": "RELEASE", "value": "run-1"}]
    assert found["environment"]["environmentVariables"] == [
        {"name": "MIGRATE", "value": "run", "type": "PLAINTEXT"}
    ]
    assert before <= found["startTime"] <= found["endTime"] <= datetime.now(UTC)
    assert (found["initiator"], found["source"]["type"]) == ("codepipeline/release", "CODEPIPELINE")
    group, stream = found["logs"]["groupName"], found["logs"]["streamName"]
    events = builds.cloud.client("logs").get_log_events(logGroupName=group, logStreamName=stream)["events"]
    assert any("Running command" in event["message"] for event in events)
    assert builds.of(found["arn"])["id"] == build, "an ARN names it as well"


def test_a_failed_phase_says_why(builds: Builds) -> None:
    with pytest.raises(ActionFailed):
        builds.run(spec(pre_build=["echo no; exit 7"]))
    found = builds.of(builds.ids()[0])
    (phase,) = [one for one in found["phases"] if one["phaseType"] == "PRE_BUILD"]
    assert (found["buildStatus"], phase["phaseStatus"]) == ("FAILED", "FAILED")
    (context,) = phase["contexts"]
    assert context["statusCode"] == "COMMAND_EXECUTION_ERROR"
    assert "exit status 7" in context["message"]


def test_a_running_build_tells_where_it_is_and_is_stopped_with_all_it_started(builds: Builds) -> None:
    note = builds.cloud.scratch / "note"
    running = begun(
        builds,
        spec(
            build=[f"trap 'echo ended > {note}; exit' TERM; echo begun; sleep 60 & wait"], post_build=["true"]
        ),
    )
    found = builds.until(lambda build: build["currentPhase"] == "BUILD")
    assert (found["buildStatus"], found["buildComplete"]) == ("IN_PROGRESS", False)
    assert found["phases"][-1]["phaseStatus"] == "IN_PROGRESS"
    assert "endTime" not in found
    builds.client.stop_build(id=found["id"])
    with pytest.raises(ActionFailed, match="Build terminated with state: STOPPED") as failed:
        running.result(20)
    assert "Phase: BUILD, Code: STOPPED" in str(failed.value)
    stopped = builds.of(found["id"])
    assert (stopped["buildStatus"], stopped["buildComplete"]) == ("STOPPED", True)
    assert [one["phaseType"] for one in stopped["phases"]][-3:] == ["BUILD", "FINALIZING", "COMPLETED"]
    assert note.read_text() == "ended\n"
    assert builds.client.stop_build(id=found["id"])["build"]["buildStatus"] == "STOPPED", (
        "it has ended, and stays as it is"
    )


def test_a_build_over_its_time_has_timed_out(builds: Builds) -> None:
    builds.builds.limit = 1
    with pytest.raises(ActionFailed, match="TIMED_OUT"):
        builds.run(spec(build=["sleep 60"]))
    found = builds.of(builds.ids()[0])
    assert (found["buildStatus"], found["phases"][-3]["phaseStatus"]) == ("TIMED_OUT", "TIMED_OUT")


def follow(builds: Builds, until: str) -> list[str]:
    """What `aws logs tail --follow` prints until a line has come: it asks FilterLogEvents again and again, and tells events by their ids."""
    logs = builds.cloud.client("logs")
    pages = logs.get_paginator("filter_log_events")
    seen: dict[str, str] = {}
    since = int((time.time() - 300) * 1000)
    end = time.monotonic() + 20
    while not any(until in line for line in seen.values()):
        assert time.monotonic() < end, list(seen.values())
        for page in pages.paginate(logGroupName="/aws/codebuild/migrate", startTime=since, interleaved=True):
            seen |= {event["eventId"]: event["message"] for event in page["events"]}
        time.sleep(0.2)
    return list(seen.values())


def test_a_log_is_followed_while_the_build_runs(builds: Builds) -> None:
    go = builds.cloud.scratch / "go"
    running = begun(
        builds,
        spec(
            build=[
                f"printf 'first %s\\nhalf of ' line; until test -e {go}; do sleep 0.1; done; printf 'the %s line\\n' last"
            ]
        ),
    )
    follow(builds, "first line")
    assert not running.done(), "it is told while the command runs"
    go.touch()
    told = follow(builds, "the last line")
    assert "half of the last line" in told, "no line is told before it is whole"
    running.result(20)


def test_a_secret_of_several_lines_is_hidden_in_a_log_that_is_followed(builds: Builds) -> None:
    secret = "-----BEGIN KEY-----\nMIIEabcdef\n-----END KEY-----"
    builds.cloud.client("secretsmanager").create_secret(Name="app/key", SecretString=secret)
    slowly = 'printf \'%s\\n\' "$KEY" | while IFS= read -r line; do echo "$line"; sleep 0.7; done; echo over'
    builds.run(spec(env="secrets-manager: {KEY: app/key}", build=[slowly]))
    told = follow(builds, "over")
    assert not [line for line in told if "MIIEabcdef" in line]


def test_builds_are_listed_the_latest_first_in_pages(builds: Builds) -> None:
    for _ in range(3):
        builds.run(spec(build=["true"]))
    listed = builds.client.list_builds_for_project
    latest = builds.ids()
    assert [builds.of(one)["buildNumber"] for one in latest] == [3, 2, 1]
    assert listed(projectName="migrate", sortOrder="ASCENDING")["ids"] == latest[::-1]
    assert builds.client.list_builds()["ids"] == latest
    assert refused(listed, projectName="migrate", nextToken="guessed")["Code"] == "InvalidInputException"
    assert refused(listed, projectName="nobody")["Code"] == "ResourceNotFoundException"


def test_builds_and_projects_that_are_not_there_are_named(builds: Builds) -> None:
    builds.declare(spec(build=["true"]))
    found = builds.client.batch_get_builds(ids=["migrate:1", "other:2"])
    assert (found["builds"], found["buildsNotFound"]) == ([], ["migrate:1", "other:2"])
    projects = builds.client.batch_get_projects(names=[PROJECT, "nobody"])
    assert ([one["name"] for one in projects["projects"]], projects["projectsNotFound"]) == (
        ["migrate"],
        ["nobody"],
    )
    assert refused(builds.client.stop_build, id="migrate:1")["Code"] == "ResourceNotFoundException"


def test_a_project_is_shown_as_it_would_be_created(builds: Builds) -> None:
    builds.more = {
        "vpcConfig": {"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
        "buildTimeout": 35,
        "queuedTimeout": 60,
        "concurrentBuildLimit": 1.0,
        "encryptionKey": "arn:aws:kms:us-east-1:123456789012:key/1",
        "logsConfig": {"cloudwatchLogs": {"groupName": "/shop/builds"}},
        "tags": {"team": "shop"},
        "environment": {"computeType": "BUILD_GENERAL1_SMALL", "imagePullCredentialsType": "CODEBUILD"},
    }
    builds.declare(spec(build=["true"]))
    (found,) = builds.client.batch_get_projects(names=["migrate"])["projects"]
    assert (found["arn"], found["timeoutInMinutes"], found["queuedTimeoutInMinutes"]) == (PROJECT, 35, 60)
    assert found["vpcConfig"] == {"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    assert found["logsConfig"] == {"cloudWatchLogs": {"status": "ENABLED", "groupName": "/shop/builds"}}
    assert found["concurrentBuildLimit"] == 1, "numbers come from the SDK as floating point"
    assert found["tags"] == [{"key": "team", "value": "shop"}]
    assert (found["environment"]["privilegedMode"], found["concurrentBuildLimit"]) == (True, 1)
    assert builds.client.list_projects()["projects"] == ["migrate"]


CALLS = {
    "batch_get_builds": {"ids": ["migrate:1"]},
    "stop_build": {"id": "migrate:1"},
    "list_builds_for_project": {"projectName": "migrate"},
    "batch_get_projects": {"names": [PROJECT]},
    "list_builds": {},
    "list_projects": {},
}


@pytest.mark.parametrize("name", CALLS)
def test_a_role_needs_the_action_on_the_project(builds: Builds, name: str) -> None:
    """service-authorization/latest/reference/list_awscodebuild.md."""
    called = "".join(part.title() for part in name.split("_"))
    other = builds.there.client_of("codebuild", allow(f"codebuild:{called}", f"{PROJECT}-other"))
    error = refused(getattr(other, name), **CALLS[name])
    resource = PROJECT if CALLS[name] else "*"
    assert error["Code"] == "AccessDeniedException"
    assert f"not authorized to perform: codebuild:{called} on resource: {resource} " in error["Message"]


def test_a_build_is_a_pipeline_s_to_start(builds: Builds) -> None:
    error = refused(builds.client.start_build, projectName="migrate")
    assert error["Code"] == "NotImplemented"
    assert "it answers codebuild's BatchGetBuilds" in error["Message"]

"""The commands of docs/operations.md, played word for word by the real AWS CLI against a rehearsal that runs.

What a reader replaces stands there as an ellipsis; nothing else is changed. Order is a day's: two releases, and what the document
says to do after them.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codepipeline.status import ExecutionStatus
from rehearsal.levels.version import Version
from rehearsal.plays.versions import V1, V2, V4
from rehearsal.running.rehearsal import Rehearsal
from tests.packages import aws_cli_2
from tests.rehearsal.by_hand import COMMANDS, PATIENCE, by_hand, command
from tests.rehearsal.every_call import looked

ELSEWHERE: Mapping[str, str] = {
    "batch-delete-image": "test_emptying.py plays it on a repository of five hundred images",
    "deregister-task-definition": "test_emptying.py plays it",
    "list-service-deployments": "test_ecs_releases.py plays it",
    "stop-service-deployment": "test_ecs_releases.py plays it",
}
"""Commands that another test plays word for word, by what they have in them."""


BEFORE = {
    "digest": "sha256:",
    "deployment": "d-",
    "reason": "--reason ",
    "listener": "--listener-arn arn:",
    "group": "TargetGroupArn=arn:",
}
"""What stands before each thing that a reader fills in."""
SHORT_OF_THE_WAIT = 60.0
"""Real seconds, fewer than the five minutes of `blueRetentionMinutes` take while the clock is held."""
ROLL_BACK = command("start-pipeline-execution")
ALARMS_ON = command("describe-alarms")
SWITCH_OFF = command("update-deployment-group", "enabled=false")
SWITCH_ON = command("update-deployment-group", "enabled=true")
MUTABILITY = command("describe-repositories")
STOPPED_TASKS = command("list-tasks")
STOP = command("stop-deployment")
END_THE_WAIT = command("continue-deployment")
FREEZE = command("disable-stage-transition")
MOVE_LISTENER = command("modify-listener")
LOG = command("logs tail")
LOG_BY_VERSION_1 = command("filter-log-events")
PLAYED = (
    ROLL_BACK,
    ALARMS_ON,
    SWITCH_OFF,
    SWITCH_ON,
    MUTABILITY,
    STOPPED_TASKS,
    STOP,
    END_THE_WAIT,
    FREEZE,
    MOVE_LISTENER,
    LOG,
    LOG_BY_VERSION_1,
)


def test_every_command_of_the_page_is_played() -> None:
    left = [one for one in COMMANDS if one not in PLAYED and not any(word in one for word in ELSEWHERE)]
    assert left == [], "play them here, or name the test that does"
    assert all(any(word in one for one in COMMANDS) for word in ELSEWHERE), "and no more than there are"


class Operator:
    """Somebody with the page and a terminal, after the releases of two versions."""

    def __init__(self, rehearsal: Rehearsal, home: Path) -> None:
        self.rehearsal = rehearsal
        self.home = home
        rehearsal.users.steady(PATIENCE)
        self.first, self.second = self.released(V1), self.released(V2)

    def released(self, version: Version) -> str:
        """Push a version, and see its release through; the digest."""
        digest = self.rehearsal.team.push(version)
        assert self.rehearsal.pushes.release_of(digest, PATIENCE).status == ExecutionStatus.SUCCEEDED
        return digest

    def run(self, documented: str, *, programs: Path | None = None, **given: str) -> Any:
        """What a command of the page answers; it succeeds. Each ellipsis of it is replaced by what is given.

        `programs` is a folder whose programs are taken instead of the lock's.
        """
        return by_hand(self.rehearsal.cloud, documented, BEFORE, self.home, programs, **given)

    def client(self, service: str) -> Any:
        """What this test itself asks by."""
        return self.rehearsal.cloud.client(service)

    def alarms(self) -> dict[str, Any]:
        """The alarm configuration of the deployment group of service web."""
        group = self.client("codedeploy").get_deployment_group(
            applicationName="shop-stg-web", deploymentGroupName="shop-stg-web"
        )
        return dict(group["deploymentGroupInfo"]["alarmConfiguration"])

    def deployment(self, holds: Callable[[Mapping[str, Any]], Any]) -> Mapping[str, Any]:
        """The latest deployment of service web, once something holds of it."""
        codedeploy = self.client("codedeploy")
        group = {"applicationName": "shop-stg-web", "deploymentGroupName": "shop-stg-web"}
        end = time.monotonic() + PATIENCE
        while True:
            latest = codedeploy.list_deployments(**group)["deployments"][0]
            found = codedeploy.get_deployment(deploymentId=latest)["deploymentInfo"]
            if holds(found):
                return found
            assert time.monotonic() < end, found
            time.sleep(0.05)

    def answers(self) -> str:
        """The digest of what answers users."""
        (one,) = self.rehearsal.users.answering()
        return str(one.digest)


@pytest.fixture(scope="module")
def operator(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(rehearsal, tmp_path_factory.mktemp("home"))


def test_everything_that_is_there_is_told(operator: Operator) -> None:
    """An answer that is none of the API's fails at the endpoint; what a real stack declares is seldom what a test would."""
    told = dict(looked(operator.client))
    assert [name for name, answer in told.items() if not answer] == [], (
        "each of them is there after a release"
    )
    orders = [one["runOrder"] for stage in told["GetPipeline"] for one in stage["actions"]]
    assert orders == [1, 1, 2, 3]


def test_an_execution_leads_to_its_build_its_log_and_its_deployment(operator: Operator) -> None:
    """As somebody follows a release of a push: by the ids that CodePipeline keeps of what its actions started."""
    pipelines, name = operator.client("codepipeline"), {"pipelineName": "shop-stg"}
    (latest, *_) = pipelines.list_pipeline_executions(**name)["pipelineExecutionSummaries"]
    assert latest["trigger"]["triggerType"] == "CloudWatchEvent"
    assert latest["trigger"]["triggerDetail"].endswith(":rule/shop-stg-push")
    assert [one["revisionId"] for one in latest["sourceRevisions"]] == [operator.second]
    wanted = {"pipelineExecutionId": latest["pipelineExecutionId"]}
    ran = pipelines.list_action_executions(**name, filter=wanted)["actionExecutionDetails"]
    results = {one["actionName"]: one["output"].get("executionResult", {}) for one in ran}
    (build,) = operator.client("codebuild").batch_get_builds(ids=[results["Migrate"]["externalExecutionId"]])[
        "builds"
    ]
    assert build["buildStatus"] == "SUCCEEDED"
    assert build["resolvedSourceVersion"] == operator.second
    events = operator.client("logs").get_log_events(
        logGroupName=build["logs"]["groupName"], logStreamName=build["logs"]["streamName"]
    )["events"]
    assert any("Entering phase BUILD" in event["message"] for event in events)
    deployment = results["Deploy-web"]["externalExecutionId"]
    told = operator.client("codedeploy").get_deployment(deploymentId=deployment)["deploymentInfo"]
    assert told["status"] == "Succeeded"
    (source,) = [one for one in ran if one["actionName"] == "Source"]
    assert source["output"]["outputVariables"]["ImageDigest"] == operator.second


def test_the_log_of_a_service_is_read_by_version_1_of_the_cli(operator: Operator) -> None:
    assert "version v2 listens on port" in operator.run(LOG_BY_VERSION_1), "what runs is heard while it runs"


def test_the_log_of_a_service_is_read_by_version_2_of_the_cli(operator: Operator, tmp_path: Path) -> None:
    """Which no Python package index has, and Debian does, in a version that does not read AWS_ENDPOINT_URL yet."""
    program = tmp_path / "aws"
    program.write_text(f'#!/bin/sh\nexec {aws_cli_2()} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n')
    program.chmod(0o755)
    assert "version v2 listens on port" in operator.run(LOG, programs=tmp_path)


def test_the_digest_that_ran_before_is_released_without_migrating(operator: Operator) -> None:
    assert operator.answers() == operator.second
    answer = operator.run(ROLL_BACK, digest=operator.first.removeprefix("sha256:"))
    execution = operator.rehearsal.pipeline.wait(answer["pipelineExecutionId"], PATIENCE)
    assert execution.status == ExecutionStatus.SUCCEEDED
    assert execution.variables["MIGRATE"] == "skip"
    assert operator.answers() == operator.first


def test_alarms_that_are_on_are_looked_for_and_none_is(operator: Operator) -> None:
    assert operator.run(ALARMS_ON) == ""


def test_the_alarms_are_switched_off_and_on_again_as_they_were(operator: Operator) -> None:
    before = operator.alarms()
    assert (before["enabled"], len(before["alarms"])) == (True, 4)
    operator.run(SWITCH_OFF)
    assert operator.alarms()["enabled"] is False
    operator.run(SWITCH_ON)
    after = operator.alarms()
    by_name = [sorted(one["name"] for one in each["alarms"]) for each in (before, after)]
    assert (after["enabled"], by_name[0]) == (True, by_name[1])


def test_a_repository_shows_which_of_its_tags_may_move(operator: Operator) -> None:
    ((mutability, excluded),) = operator.run(MUTABILITY)
    assert mutability == "IMMUTABLE_WITH_EXCLUSION"
    assert "stg" in [one["filter"] for one in excluded]


def test_a_deployment_is_ended_and_traffic_stays_where_it_was(operator: Operator) -> None:
    before, latest = operator.answers(), operator.deployment(bool)["deploymentId"]
    with operator.rehearsal.cloud.clock.held():
        digest = operator.rehearsal.team.push(V4)
        running = operator.deployment(lambda one: one["deploymentId"] != latest)
        answer = operator.run(STOP, deployment=running["deploymentId"].removeprefix("d-"))
    assert answer["status"] in {"Pending", "Succeeded"}
    assert operator.rehearsal.pushes.release_of(digest, PATIENCE).status == ExecutionStatus.FAILED
    assert operator.answers() == before
    assert operator.run(STOPPED_TASKS)["taskArns"], "what green's tasks were is still to be seen"


def test_the_wait_before_the_old_tasks_go_is_ended_early(operator: Operator) -> None:
    latest = operator.deployment(bool)["deploymentId"]
    with operator.rehearsal.cloud.clock.held():
        answer = operator.run(ROLL_BACK, digest=operator.second.removeprefix("sha256:"))
        waiting = operator.deployment(
            lambda one: one["deploymentId"] != latest and one.get("instanceTerminationWaitTimeStarted")
        )
        assert operator.answers() == operator.second
        operator.run(END_THE_WAIT, deployment=waiting["deploymentId"].removeprefix("d-"))
        ended = operator.rehearsal.pipeline.wait(answer["pipelineExecutionId"], SHORT_OF_THE_WAIT)
    assert ended.status == ExecutionStatus.SUCCEEDED


def test_a_listener_is_put_on_the_other_target_group_and_back(operator: Operator) -> None:
    elb = operator.client("elbv2")
    groups = {one["TargetGroupArn"] for one in elb.describe_target_groups()["TargetGroups"]}
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    arn, (before,) = listener["ListenerArn"], serving(listener)
    for group in (*(groups - {before}), before):
        operator.run(MOVE_LISTENER, listener=arn.removeprefix("arn:"), group=group.removeprefix("arn:"))
        (told,) = elb.describe_listeners(ListenerArns=[arn])["Listeners"]
        assert serving(told) == [group]


def serving(listener: Mapping[str, Any]) -> list[str]:
    """The target groups that a listener sends requests to."""
    (action,) = listener["DefaultActions"]
    weighted = action.get("ForwardConfig", {}).get("TargetGroups", [])
    return [one["TargetGroupArn"] for one in weighted if one.get("Weight", 1)] or [action["TargetGroupArn"]]


def test_releases_are_frozen_in_front_of_the_database(operator: Operator) -> None:
    operator.run(FREEZE, reason="frozen")
    states = operator.client("codepipeline").get_pipeline_state(name="shop-stg")["stageStates"]
    (door,) = [one["inboundTransitionState"] for one in states if one["stageName"] == "Release"]
    assert (door["enabled"], door["disabledReason"]) == (False, "frozen")

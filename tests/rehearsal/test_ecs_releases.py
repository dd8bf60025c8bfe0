"""Whole releases of services that ECS itself moves: a web service by rolling deployments, and a worker behind it.

Whatever fails, the version before goes on, and the failure says in one sentence what, why, what the task said last, and what next.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codepipeline.execution import Execution
from tests.rehearsal.by_hand import by_hand, command
from tests.rehearsal.ecs_stack import CLUSTER, NEVER_WELL, EcsStack, ecs_stack
from tests.rehearsal.stagehands import (
    answering,
    ended,
    failure,
    ran,
    release,
    start,
    until,
)

WEB, WORKER = "shop-stg-web", "shop-stg-worker"
ACTIONS = ["Source", "Check", "Migrate", "Deploy-web", "Deploy-worker"]
CRASHES = (
    "import os, time\nwhile os.path.exists({queue!r}):\n    time.sleep(1)\n"
    "print('the queue of', os.environ['DATABASE_URL'], 'is gone', flush=True)\nraise SystemExit(3)\n"
)
"""A worker that needs a file outside of it."""


def _services(web: dict[str, Any]) -> dict[str, Any]:
    traffic = {"loadBalancer", "rollout", "healthCheck", "port"}
    worker = {key: value for key, value in web.items() if key not in traffic}
    return {
        "web": web | {"rollout": {"by": "ecs", "strategy": "rolling"}},
        "worker": worker | {"command": ["python", "worker.py"]},
    }


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EcsStack]:
    with ecs_stack(tmp_path_factory.mktemp("ecs"), _services) as made:
        yield made


@pytest.fixture
def before(stack: EcsStack) -> Iterator[tuple[str, str]]:
    """The revisions before a release that fails."""
    with stack.replayed():
        yield stack.revision(WEB), stack.revision(WORKER)


def test_a_worker_is_released_after_the_web_service_from_the_same_image(stack: EcsStack) -> None:
    assert ran(stack.first) == ACTIONS
    assert answering(stack.rehearsal) == "good"
    summaries = {one.action: one.summary for one in stack.first.actions}
    assert summaries["Deploy-worker"] == (
        f"{WORKER}:2 is live in {WORKER} with 1 tasks, and none of another revision is left"
    )
    web, worker = stack.first.action("Deploy-web"), stack.first.action("Deploy-worker")
    assert web.ended is not None
    assert web.ended <= worker.started
    for service in (WEB, WORKER):
        found = stack.ecs.describe_task_definition(taskDefinition=f"{service}:2", include=["TAGS"])
        assert found["taskDefinition"]["containerDefinitions"][0]["image"].endswith(stack.good)
        [tag] = found["tags"]
        assert tag["value"].startswith(f"{stack.first.id}/")


def test_a_worker_that_fails_fails_the_release_until_a_retry_goes_well(
    stack: EcsStack, before: tuple[str, str], tmp_path: Path
) -> None:
    web, worker = before
    queue = tmp_path / "queue"
    digest = stack.hold("needing", worker_py=CRASHES.format(queue=str(queue)))
    execution = release(stack.rehearsal, digest)
    said = failure(execution, "Deploy-worker")
    assert "it is ROLLBACK_SUCCESSFUL" in said
    assert "the circuit breaker counted 3 failed tasks of 3" in said
    assert "container app: exit code 3" in said
    assert "last lines in log group /delivery/shop/stg/worker, stream app/app/" in said
    assert "the queue of *** is gone" in said, "the value of a secret goes nowhere"
    assert said.endswith(
        f"{worker} is what the service has now; push a fix, or retry the stage to deploy the same again"
    )
    assert answering(stack.rehearsal) == "needing", "the web service keeps its new version"
    assert stack.revision(WEB) != web
    assert stack.revision(WORKER) == worker
    queue.touch()
    again = {
        "pipelineName": "shop-stg",
        "stageName": "Release",
        "pipelineExecutionId": execution.id,
        "retryMode": "FAILED_ACTIONS",
    }
    stack.rehearsal.cloud.client("codepipeline").retry_stage_execution(**again)
    until(lambda: stack.rehearsal.pipeline.execution(execution.id).status == "Succeeded", "the retry")
    number = int(worker.partition(":")[2])
    assert stack.revision(WORKER) == f"{WORKER}:{number + 1}", (
        "it deploys the revision that it has registered"
    )


def test_an_unhealthy_web_version_is_taken_back_and_its_worker_never_touched(
    stack: EcsStack, before: tuple[str, str]
) -> None:
    answered = answering(stack.rehearsal)
    digest = stack.hold("unhealthy", app_py=NEVER_WELL)
    ended = release(stack.rehearsal, digest)
    said = failure(ended, "Deploy-web")
    assert ran(ended) == ACTIONS[:-1]
    assert "Task failed ELB health checks" in said
    assert "warming up" in said
    assert answering(stack.rehearsal) == answered
    assert (stack.revision(WEB), stack.revision(WORKER)) == before


def test_a_deployment_that_is_ended_by_hand_is_a_failure(
    stack: EcsStack, before: tuple[str, str], tmp_path: Path
) -> None:
    answered = answering(stack.rehearsal)
    with stack.patient(WEB):
        execution = start(stack.rehearsal, stack.hold("stopped", app_py=NEVER_WELL))
        stack.deploying(WEB)
        told = by_hand(stack.rehearsal.cloud, command("list-service-deployments"), {}, tmp_path)
        arn, status, *_ = str(told).split()
        assert status == "IN_PROGRESS"
        by_hand(
            stack.rehearsal.cloud,
            command("stop-service-deployment"),
            {"deployment": "--service-deployment-arn arn:"},
            tmp_path,
            deployment=arn.removeprefix("arn:"),
        )
        [ended_] = ended(stack.rehearsal, execution)
    assert "requested by a user" in failure(ended_, "Deploy-web")
    assert answering(stack.rehearsal) == answered
    assert (stack.revision(WEB), stack.revision(WORKER)) == before


def test_an_alarm_during_the_deployment_takes_it_back_and_is_named(
    stack: EcsStack, before: tuple[str, str]
) -> None:
    answered = answering(stack.rehearsal)
    [alarm, *_] = stack.told(WEB)["deploymentConfiguration"]["alarms"]["alarmNames"]
    execution = start(stack.rehearsal, stack.hold("alarming", app_py=NEVER_WELL))
    stack.deploying(WEB)
    stack.rehearsal.cloud.client("cloudwatch").set_alarm_state(
        AlarmName=alarm, StateValue="ALARM", StateReason="somebody's hand"
    )
    [ended_] = ended(stack.rehearsal, execution)
    stack.rehearsal.cloud.client("cloudwatch").set_alarm_state(
        AlarmName=alarm, StateValue="OK", StateReason="somebody's hand"
    )
    assert f"alarm {alarm} went off" in failure(ended_, "Deploy-web")
    assert answering(stack.rehearsal) == answered
    assert (stack.revision(WEB), stack.revision(WORKER)) == before


def test_a_deployment_under_way_keeps_a_release_from_migrating(
    stack: EcsStack, before: tuple[str, str]
) -> None:
    hanging = stack.ecs.register_task_definition(
        family=WEB,
        **{
            key: stack.ecs.describe_task_definition(taskDefinition=before[0])["taskDefinition"][key]
            for key in (
                "containerDefinitions", "cpu", "memory", "networkMode", "executionRoleArn", "taskRoleArn",
                "requiresCompatibilities", "runtimePlatform",
            )
        },
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
    stack.ecs.update_service(cluster=CLUSTER, service=WEB, taskDefinition=hanging)
    arn = stack.deploying(WEB)
    said = failure(release(stack.rehearsal, stack.good), "Check")
    assert f"aws ecs stop-service-deployment --service-deployment-arn {arn}" in said
    until(lambda: len(stack.told(WEB)["deployments"]) == 1, "its end")


def test_two_releases_and_a_pulumi_up_at_once_come_one_after_the_other(
    stack: EcsStack, before: tuple[str, str]
) -> None:
    """What `up` begins is of the definition that the service has by then, and stops the deployment before (service-deployment,
    STOP_REQUESTED): the release goes on with it."""
    del before
    digests = [stack.hold("one"), stack.hold("two")]
    first = start(stack.rehearsal, digests[0])
    stopped = stack.deploying(WEB)
    stack.ecs.update_service(cluster=CLUSTER, service=WEB, forceNewDeployment=True)
    both = ended(stack.rehearsal, first, start(stack.rehearsal, digests[1]))
    assert [one.status for one in both] == ["Succeeded", "Succeeded"]
    [told] = stack.ecs.describe_service_deployments(serviceDeploymentArns=[stopped])["serviceDeployments"]
    assert told["status"] == "STOPPED"
    assert _action(both[0], "Deploy-worker") <= both[1].action("Deploy-web").started
    assert answering(stack.rehearsal) == "two"


def _action(execution: Execution, name: str) -> float:
    found = execution.action(name).ended
    assert found is not None
    return found


def test_the_function_did_all_of_it_as_its_own_role(stack: EcsStack) -> None:
    done = {
        one.action: one.role_arn
        for one in stack.rehearsal.cloud.authority.calls
        if one.action.startswith("ecs:") and "release" in str(one.role_arn)
    }
    assert {"ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UpdateService", "ecs:ListTasks"} <= set(
        done
    )
    assert json.dumps(sorted(set(done.values()))).count("shop-stg-release") == 1

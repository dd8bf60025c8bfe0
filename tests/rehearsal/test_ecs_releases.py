"""Whole releases of services that ECS itself moves: a web service by rolling deployments, and a worker behind it.

Whatever fails, the version before goes on, and the failure says in one sentence what, why, what the task said last, and what next.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.codepipeline.execution import Execution
from rehearsal.faults import provided
from rehearsal.host.project import ROOT
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.levels.version import Version
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.world.clock import Clock
from tests.rehearsal.by_hand import by_hand, command
from tests.rehearsal.stagehands import (
    Replay,
    answering,
    ended,
    failure,
    holding,
    ran,
    release,
    start,
    until,
    version,
)

CLUSTER, WEB, WORKER = "apps-stg", "shop-stg-web", "shop-stg-worker"
ACTIONS = ["Source", "Check", "Migrate", "Deploy-web", "Deploy-worker"]
WORKS = "import time\nprint('working', flush=True)\nwhile True:\n    time.sleep(1)\n"
CRASHES = "import os\nprint('the queue of', os.environ['DATABASE_URL'], 'is gone', flush=True)\nraise SystemExit(3)\n"
NEVER_WELL = "import time\nprint('warming up', flush=True)\ntime.sleep(600)\n"


class Stack:
    """Stack stg with a rolling web service and a worker, running version `good`."""

    def __init__(self, rehearsal: Rehearsal, folder: Path) -> None:
        self.rehearsal = rehearsal
        self._folder = folder
        rehearsal.users.steady(60)
        self.good = self.push("good")
        self.first = rehearsal.pushes.release_of(self.good, 120)
        assert self.first.status == "Succeeded", [
            (one.action, one.error_message) for one in self.first.actions
        ]

    def version(self, name: str, **files: str) -> Version:
        return version(self._folder, name, **{"worker_py": WORKS, **files})

    def push(self, name: str, **files: str) -> str:
        """Push a version under a tag of nobody's, so that each test starts its own release."""
        return self.rehearsal.team.push(self.version(name, **files))

    def hold(self, name: str, **files: str) -> str:
        """Push a version whose event starts nothing; its digest."""
        with holding(self.rehearsal) as pushed:
            return str(pushed(self.version(name, **files))["detail"]["image-digest"])

    @property
    def ecs(self) -> Any:
        return self.rehearsal.cloud.client("ecs")

    def told(self, service: str) -> dict[str, Any]:
        return self.ecs.describe_services(cluster=CLUSTER, services=[service])["services"][0]

    def revision(self, service: str) -> str:
        """The revision that a service has, and no other beside it."""
        [only] = self.told(service)["deployments"]
        return str(only["taskDefinition"]).rpartition("/")[2]

    @contextmanager
    def patient(self) -> Generator[None]:
        """Tasks of the web service have ten times as long until their health counts: a person's commands take seconds."""
        before = int(self.told(WEB)["healthCheckGracePeriodSeconds"])
        web = {"cluster": CLUSTER, "service": WEB}
        self.ecs.update_service(**web, healthCheckGracePeriodSeconds=10 * before)
        try:
            yield
        finally:
            self.ecs.update_service(**web, healthCheckGracePeriodSeconds=before)

    def deploying(self, service: str) -> str:
        """The deployment of a service that goes on, once there is one."""

        def newest() -> dict[str, Any]:
            listed = self.ecs.list_service_deployments(cluster=CLUSTER, service=service)
            return listed["serviceDeployments"][0]

        until(lambda: newest()["status"] == "IN_PROGRESS", f"a deployment of {service}")
        return str(newest()["serviceDeploymentArn"])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("ecs")
    document = yaml.safe_load((ROOT / "Pulumi.stg.yaml").read_text(encoding="utf-8"))
    services = document["config"]["delivery:services"]
    web = services["web"]
    web["rollout"] = {"by": "ecs", "strategy": "rolling"}
    traffic = {"loadBalancer", "rollout", "healthCheck", "port"}
    services["worker"] = {key: value for key, value in web.items() if key not in traffic} | {
        "command": ["python", "worker.py"]
    }
    file = folder / "Pulumi.stg.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with rehearsing("stg", level=ProcessLevel, stack_file=file, clock=Clock(0.002, own=0.1)) as running:
        yield Stack(running, folder)


@pytest.fixture
def before(stack: Stack) -> Iterator[tuple[str, str]]:
    """The revisions before a release that fails; both go on, and what answered does still."""
    with provided(stack.rehearsal.pipeline, "CodeBuild", Replay.of_templates(stack.rehearsal)):
        yield stack.revision(WEB), stack.revision(WORKER)


def test_a_worker_is_released_after_the_web_service_from_the_same_image(stack: Stack) -> None:
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


def test_a_worker_that_fails_fails_the_release_and_the_web_service_keeps_its_new_version(
    stack: Stack, before: tuple[str, str]
) -> None:
    web, worker = before
    digest = stack.hold("crashing-worker", worker_py=CRASHES)
    said = failure(release(stack.rehearsal, digest), "Deploy-worker")
    assert "it is ROLLBACK_SUCCESSFUL" in said
    assert "the circuit breaker counted 3 failed tasks of 3" in said
    assert "container app: exit code 3" in said
    assert "last lines in log group /delivery/shop/stg/worker, stream app/app/" in said
    assert "the queue of *** is gone" in said, "the value of a secret goes nowhere"
    assert said.endswith(
        f"{worker} is what the service has now; push a fix, or retry the stage to deploy the same again"
    )
    assert answering(stack.rehearsal) == "crashing-worker"
    assert stack.revision(WEB) != web
    assert stack.revision(WORKER) == worker


def test_an_unhealthy_web_version_is_taken_back_and_its_worker_never_touched(
    stack: Stack, before: tuple[str, str]
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
    stack: Stack, before: tuple[str, str], tmp_path: Path
) -> None:
    answered = answering(stack.rehearsal)
    with stack.patient():
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
    stack: Stack, before: tuple[str, str]
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


def test_a_deployment_that_pulumi_up_begins_meanwhile_is_gone_on_with(
    stack: Stack, before: tuple[str, str]
) -> None:
    """ECS deploys what the service has by then, and stops the deployment before (service-deployment, STOP_REQUESTED)."""
    execution = start(stack.rehearsal, stack.hold("meanwhile"))
    first = stack.deploying(WEB)
    stack.ecs.update_service(cluster=CLUSTER, service=WEB, forceNewDeployment=True)
    [ended_] = ended(stack.rehearsal, execution)
    assert ended_.status == "Succeeded", [(one.action, one.error_message) for one in ended_.actions]
    [stopped] = stack.ecs.describe_service_deployments(serviceDeploymentArns=[first])["serviceDeployments"]
    assert stopped["status"] == "STOPPED"
    assert answering(stack.rehearsal) == "meanwhile"
    assert (stack.revision(WEB), stack.revision(WORKER)) != before


def test_a_deployment_under_way_keeps_a_release_from_migrating(stack: Stack, before: tuple[str, str]) -> None:
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


def test_two_releases_at_once_come_one_after_the_other(stack: Stack, before: tuple[str, str]) -> None:
    del before
    digests = [stack.hold("one"), stack.hold("two")]
    both = ended(stack.rehearsal, *(start(stack.rehearsal, one) for one in digests))
    assert [one.status for one in both] == ["Succeeded", "Succeeded"]
    assert _action(both[0], "Deploy-worker") <= both[1].action("Deploy-web").started
    assert answering(stack.rehearsal) == "two"


def _action(execution: Execution, name: str) -> float:
    found = execution.action(name).ended
    assert found is not None
    return found


def test_the_function_did_all_of_it_as_its_own_role(stack: Stack) -> None:
    done = {
        one.action: one.role_arn
        for one in stack.rehearsal.cloud.authority.calls
        if one.action.startswith("ecs:") and "release" in str(one.role_arn)
    }
    assert {"ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UpdateService", "ecs:ListTasks"} <= set(
        done
    )
    assert json.dumps(sorted(set(done.values()))).count("shop-stg-release") == 1

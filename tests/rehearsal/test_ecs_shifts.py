"""Whole releases of services whose traffic ECS itself moves: canary, linear, and blue/green that waits for a person."""

import copy
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from tests.rehearsal.by_hand import by_hand
from tests.rehearsal.ecs_stack import NEVER_WELL, EcsStack, ecs_stack
from tests.rehearsal.stagehands import ended, failure, release, start, until

SERVICES = ("api", "site", "web")
PAUSE = {"stages": ["POST_SCALE_UP"], "pause": {}}


class Person:
    """Lets a paused deployment go on at once, unless a test wants to answer itself."""

    def __init__(self) -> None:
        self._kept: SimpleQueue[bool] | None = None

    def __call__(self, question: str) -> bool:
        assert "shop-stg-site" in question
        return True if self._kept is None else self._kept.get(timeout=60)

    @contextmanager
    def thinks(self) -> Generator[SimpleQueue[bool]]:
        """Whoever is asked meanwhile waits for what is put in here."""
        self._kept = SimpleQueue()
        yield self._kept
        self._kept = None


PERSON = Person()


def _services(web: dict[str, Any]) -> dict[str, Any]:
    ways = {
        "web": {"strategy": "canary", "canary": {"percent": 10, "intervalMinutes": 1}},
        "api": {"strategy": "linear", "linear": {"percent": 50, "intervalMinutes": 1}},
        "site": {"strategy": "blueGreen", "lifecycleHooks": [PAUSE]},
    }
    return {
        name: copy.deepcopy(web) | {"rollout": {"by": "ecs", "bakeTimeMinutes": 1, **way}}
        for name, way in ways.items()
    }


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EcsStack]:
    with ecs_stack(tmp_path_factory.mktemp("ecs"), _services, PERSON) as made:
        yield made


@pytest.fixture
def replayed(stack: EcsStack) -> Iterator[None]:
    with stack.replayed():
        yield


def versions(stack: EcsStack) -> dict[str, str]:
    """Who answers each service's users."""
    return {one.service: str(one.version) for one in stack.rehearsal.users.answering()}


def summary(stack: EcsStack, service: str) -> str:
    """What the pipeline says of a service's deployment now."""
    told = stack.rehearsal.cloud.client("codepipeline").get_pipeline_state(name="shop-stg")
    actions = {one["actionName"]: one for stage in told["stageStates"] for one in stage["actionStates"]}
    return str(actions[f"Deploy-{service}"].get("latestExecution", {}).get("summary", ""))


def shifting(stack: EcsStack, service: str) -> bool:
    """Whether a part of a service's traffic has moved."""
    listed = stack.ecs.list_service_deployments(cluster="apps-stg", service=f"shop-stg-{service}")
    arn = listed["serviceDeployments"][0]["serviceDeploymentArn"]
    [told] = stack.ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
    return 0 < told["targetServiceRevision"]["requestedProductionTrafficWeight"] < 100


def test_each_way_brings_users_to_the_new_version(stack: EcsStack) -> None:
    assert versions(stack) == dict.fromkeys(SERVICES, "good")
    for service in SERVICES:
        assert stack.revision(f"shop-stg-{service}") == f"shop-stg-{service}:2"
        said = stack.first.action(f"Deploy-{service}").summary
        assert said == (
            f"shop-stg-{service}:2 is live in shop-stg-{service} with 1 tasks, and none of another revision is left"
        )


@pytest.mark.usefixtures("replayed")
def test_a_pause_is_ended_by_the_command_that_the_pipeline_shows(stack: EcsStack, tmp_path: Path) -> None:
    with stack.rehearsal.cloud.clock.held(), PERSON.thinks() as answers:
        execution = start(stack.rehearsal, stack.hold("continued"))
        until(lambda: "it waits for a person" in summary(stack, "site"), "the pause")
        assert versions(stack)["site"] == "good", "nobody was moved while it is looked at"
        shown = summary(stack, "site").partition("it waits for a person: ")[2].removesuffix(" (or ROLLBACK)")
        by_hand(stack.rehearsal.cloud, shown, {}, tmp_path)
        answers.put(True)
    [done] = ended(stack.rehearsal, execution)
    assert done.status == "Succeeded", [(one.action, one.error_message) for one in done.actions]
    assert versions(stack) == dict.fromkeys(SERVICES, "continued")


@pytest.mark.usefixtures("replayed")
def test_what_goes_wrong_with_one_service_takes_back_that_one(stack: EcsStack) -> None:
    """An alarm while a tenth of the traffic has moved, and a person who says no: the third service is through all the same."""
    before, cloud = versions(stack), stack.rehearsal.cloud
    [alarm, *_] = stack.told("shop-stg-web")["deploymentConfiguration"]["alarms"]["alarmNames"]
    with cloud.clock.held(), PERSON.thinks() as answers:
        execution = start(stack.rehearsal, stack.hold("partly"))
        until(lambda: shifting(stack, "web"), "a tenth of the traffic")
        cloud.client("cloudwatch").set_alarm_state(
            AlarmName=alarm, StateValue="ALARM", StateReason="somebody's hand"
        )
        until(lambda: "it waits for a person" in summary(stack, "site"), "the pause")
        answers.put(False)
    [done] = ended(stack.rehearsal, execution)
    cloud.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="again")
    assert f"alarm {alarm} went off" in failure(done, "Deploy-web")
    assert "it is ROLLBACK_SUCCESSFUL" in failure(done, "Deploy-site")
    assert done.action("Deploy-api").status == "Succeeded"
    assert versions(stack) == {**before, "api": "partly"}


@pytest.mark.usefixtures("replayed")
def test_a_version_that_never_gets_well_reaches_nobody_whatever_the_way(stack: EcsStack) -> None:
    before = versions(stack)
    done = release(stack.rehearsal, stack.hold("unhealthy", app_py=NEVER_WELL))
    for service in SERVICES:
        said = failure(done, f"Deploy-{service}")
        assert "Task failed ELB health checks" in said
        assert "warming up" in said
    assert versions(stack) == before

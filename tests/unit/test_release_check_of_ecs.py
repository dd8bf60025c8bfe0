"""What the check says of services that ECS itself moves."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from release.check import LONGEST_WAIT
from tests.unit.release_cloud import ReleaseCloud, definition, event, invoke, silent_about_secrets, spec
from tests.unit.release_ecs import FIRST
from tests.unit.shop import MOVED, PREFIX, SHOP, WEB

TASKDEF = f"{PREFIX}/taskdef-web.json"


@pytest.fixture
def cloud(capfd: pytest.CaptureFixture[str]) -> Iterator[ReleaseCloud]:
    with silent_about_secrets(capfd) as made:
        made.stack = replace(SHOP, services={"web": MOVED})
        made.objects = {TASKDEF: json.dumps(definition())}
        yield made


def test_a_service_of_ecs_needs_no_appspec_and_codedeploy_is_never_asked(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke(cloud, monkeypatch)
    assert cloud.succeeded["executionDetails"]["summary"].startswith("checked: ")
    assert "codedeploy" not in {service for service, _, _ in cloud.calls}


def test_its_task_definition_is_looked_at_like_any_other(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.objects[TASKDEF] = json.dumps(definition("other"))
    cloud.secrets.clear()
    invoke(cloud, monkeypatch)
    assert "it has no container app, which runs the pushed image" in cloud.failed
    assert "services.web, container other, DATABASE_URL" in cloud.failed


def test_a_task_definition_that_is_gone_is_refused(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.objects.clear()
    invoke(cloud, monkeypatch)
    assert f"{TASKDEF}: it is not there" in cloud.failed
    assert "appspec" not in cloud.failed


def test_both_ways_stand_side_by_side_in_one_stack(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.stack = replace(SHOP, services={"web": WEB, "worker": MOVED})
    invoke(cloud, monkeypatch)
    missing = [line for line in cloud.failed.splitlines() if "it is not there" in line]
    assert [line.partition(":")[2].partition("/templates/")[2].partition(":")[0] for line in missing] == [
        f"{PREFIX.removeprefix('templates/')}/appspec-web.yaml",
        f"{PREFIX.removeprefix('templates/')}/taskdef-worker.json",
    ]
    worker = {f"{PREFIX}/taskdef-worker.json": json.dumps(definition()), f"{PREFIX}/appspec-web.yaml": spec()}
    again = replace(cloud, objects={**cloud.objects, **worker}, calls=[])
    invoke(again, monkeypatch)
    assert again.succeeded


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS"])
def test_a_deployment_under_way_is_refused_before_anything_is_migrated(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    arn = cloud.ecs.deploy(FIRST, status)
    invoke(cloud, monkeypatch)
    assert f"it is {status}, and this release would stop it" in cloud.failed
    assert f"aws ecs stop-service-deployment --service-deployment-arn {arn}" in cloud.failed
    assert cloud.failed.endswith("nothing was migrated")


@pytest.mark.parametrize("status", ["STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"])
def test_one_that_goes_back_is_waited_for_a_quarter_of_an_hour(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    cloud.ecs.deploy(FIRST, status)
    invoke(cloud, monkeypatch)
    told = cloud.succeeded
    assert "which takes shop-stg-web back" in told["executionDetails"]["summary"]
    since = json.loads(told["continuationToken"])["since"]
    cloud.calls.clear()
    invoke(cloud, monkeypatch, event(token=json.dumps({"since": since - LONGEST_WAIT - 1})))
    assert f"it is {status}" in cloud.failed


@pytest.mark.parametrize("status", ["SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"])
def test_one_that_has_ended_somehow_is_no_obstacle(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    cloud.ecs.deploy(FIRST, status)
    invoke(cloud, monkeypatch)
    assert cloud.succeeded


def test_what_a_service_is_made_with_is_no_obstacle(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.ecs.deployments.clear()
    cloud.ecs.deploy(FIRST)
    invoke(cloud, monkeypatch)
    assert cloud.succeeded


def test_an_alarm_that_is_on_lets_the_release_through_and_says_that_ecs_heeds_none(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ECS lets a fix through while an alarm is on (Amazon ECS Developer Guide, deployment-alarm-failure)."""
    cloud.alarms = {"one": "ALARM", "composite-two": "ALARM", "three": "OK"}
    cloud.ecs.alarms = list(cloud.alarms)
    invoke(cloud, monkeypatch)
    said = cloud.succeeded["executionDetails"]["summary"]
    for name in ("one", "composite-two"):
        assert f"alarm {name} is in ALARM, so ECS heeds none of the alarms of shop-stg-web" in said
    assert "three" not in said


def test_alarms_that_the_service_does_not_heed_are_not_looked_at(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.alarms, cloud.ecs.alarms, cloud.ecs.heeds = {"one": "ALARM"}, ["one"], False
    invoke(cloud, monkeypatch)
    assert "one is in ALARM" not in cloud.succeeded["executionDetails"]["summary"]


@pytest.mark.parametrize("controller", ["CODE_DEPLOY", "EXTERNAL"])
def test_a_service_that_ecs_does_not_deploy_is_refused_before_anything_is_migrated(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, controller: str
) -> None:
    cloud.ecs.controller = controller
    invoke(cloud, monkeypatch)
    assert f"its deployments are made by {controller}" in cloud.failed


def test_a_service_that_is_not_there_is_refused_before_anything_is_migrated(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.ecs.status = "INACTIVE"
    invoke(cloud, monkeypatch)
    assert "there is none that is active" in cloud.failed

"""What the step `rollout` asks ECS for, when it is done, and what it says when it is not."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from release import rollout
from tests.unit.release_cloud import (
    DIGEST,
    HIDDEN,
    SECRET,
    Invocation,
    ReleaseCloud,
    definition,
    event,
    invoke,
    refused,
    silent_about_secrets,
)
from tests.unit.release_ecs import FIRST, SERVICE
from tests.unit.shop import MOVED, SHOP

VERSION, EXECUTION = "fedcba9876543210", "b4c0ffee-0000-4000-8000-000000000000"
KEY = f"templates/{VERSION}/taskdef-web.json"
SECOND = FIRST.removesuffix("1") + "2"
MINUTES = 60
ORDER = json.dumps(
    {
        "step": "rollout",
        "service": "web",
        "digest": DIGEST,
        "templates": VERSION,
        "execution": EXECUTION,
        "minutes": str(MINUTES),
    }
)


class Pipeline:
    """Calls the function again for as long as it asks for it."""

    def __init__(self, cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cloud = cloud
        self.token = ""
        self._monkeypatch = monkeypatch

    def call(self, token: str | None = None) -> str:
        """One call; the summary, or the message of the failure."""
        done = len(self.cloud.calls)
        invoke(
            self.cloud,
            self._monkeypatch,
            event(parameters=ORDER, token=self.token if token is None else token),
        )
        answers = [
            (operation, given)
            for _, operation, given in self.cloud.calls[done:]
            if operation.startswith("PutJob")
        ]
        [(operation, given)] = answers
        self.token = given.get("continuationToken", "")
        self.failed = operation == "PutJobFailureResult"
        self.over = not self.token
        return given["failureDetails"]["message"] if self.failed else given["executionDetails"]["summary"]

    def minutes(self, minutes: float) -> None:
        """Let minutes pass."""
        now = time.time() + minutes * 60
        self._monkeypatch.setattr(rollout.time, "time", lambda: now)

    @property
    def updates(self) -> list[dict[str, Any]]:
        """Every UpdateService so far."""
        return self.cloud.called("UpdateService")

    @property
    def registered(self) -> list[dict[str, Any]]:
        """Every RegisterTaskDefinition so far."""
        return self.cloud.called("RegisterTaskDefinition")


@pytest.fixture
def pipeline(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    with silent_about_secrets(capfd) as cloud:
        cloud.stack = replace(SHOP, services={"web": MOVED})
        cloud.objects = {KEY: json.dumps(definition())}
        yield Pipeline(cloud, monkeypatch)


def test_a_release_registers_its_template_with_its_image_and_deploys_exactly_that(pipeline: Pipeline) -> None:
    assert "shop-stg-web:2" in pipeline.call()
    [sent] = pipeline.registered
    [container] = sent["containerDefinitions"]
    assert container["image"] == f"{SHOP.repository_url}@{DIGEST}"
    assert sent["family"] == SERVICE
    assert pipeline.updates == [{"cluster": "apps", "service": SERVICE, "taskDefinition": SECOND}]
    assert not pipeline.over, "that ECS was asked is no release yet"
    pipeline.cloud.ecs.end("SUCCESSFUL")
    said = pipeline.call()
    assert pipeline.over
    assert said == f"{SERVICE}:2 is live in {SERVICE} with 2 tasks, and none of another revision is left"
    assert len(pipeline.updates) == len(pipeline.registered) == 1


def test_what_is_deployed_is_of_the_version_that_this_execution_has_fetched(pipeline: Pipeline) -> None:
    newer = json.dumps({**definition(), "cpu": "4096"})
    pipeline.cloud.objects[f"{SHOP.template_prefix}/taskdef-web.json"] = newer
    pipeline.call()
    assert pipeline.registered[0]["cpu"] == "256", (
        "what pulumi up has written since belongs to the next release"
    )


def test_a_tag_says_which_release_a_revision_is_of_beside_the_tags_of_the_template(
    pipeline: Pipeline,
) -> None:
    own = [{"key": "team", "value": "shop"}, {"key": "delivery:release", "value": "copied by hand"}]
    pipeline.cloud.objects[KEY] = json.dumps({**definition(), "tags": own})
    pipeline.call()
    assert pipeline.registered[0]["tags"] == [
        {"key": "team", "value": "shop"},
        {"key": "delivery:release", "value": f"{EXECUTION}/{VERSION}/{DIGEST}"},
    ]


def test_only_the_placeholder_in_place_of_an_image_is_filled(pipeline: Pipeline) -> None:
    given = definition()
    given["containerDefinitions"][0]["environment"] = [{"name": "DOC", "value": "<IMAGE1_NAME>"}]
    sidecar = {"name": "proxy", "image": "example.com/proxy:1"}
    pipeline.cloud.objects[KEY] = json.dumps(
        {**given, "containerDefinitions": [sidecar, *given["containerDefinitions"]]}
    )
    pipeline.call()
    proxy, app = pipeline.registered[0]["containerDefinitions"]
    assert proxy == sidecar
    assert app["environment"] == [{"name": "DOC", "value": "<IMAGE1_NAME>"}]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_call_that_comes_twice_deploys_once(pipeline: Pipeline, after: int) -> None:
    """Lambda may deliver an event twice, and CodePipeline asks again when an answer was lost."""
    for _ in range(after + 1):
        pipeline.call()
    pipeline.call(token="")
    pipeline.call(token="")
    assert len(pipeline.registered) == len(pipeline.updates) == 1
    pipeline.cloud.ecs.end("SUCCESSFUL")
    pipeline.call(token="")
    assert pipeline.over
    assert not pipeline.failed
    assert len(pipeline.registered) == len(pipeline.updates) == 1


def test_a_call_that_comes_twice_deploys_once_also_while_ecs_does_not_list_the_deployment_yet(
    pipeline: Pipeline,
) -> None:
    pipeline.cloud.ecs.lists = False
    pipeline.call()
    assert "waiting for the deployment of shop-stg-web:2" in pipeline.call()
    assert "waiting for the deployment of shop-stg-web:2" in pipeline.call(token="")
    assert len(pipeline.updates) == 1
    pipeline.minutes(MINUTES + 1)
    assert "ECS lists no deployment of shop-stg-web:2 after 60 minutes" in pipeline.call()
    assert pipeline.failed


def test_a_call_that_comes_twice_finds_its_revision_also_when_pulumi_up_has_registered_another(
    pipeline: Pipeline,
) -> None:
    pipeline.call()
    pipeline.cloud.ecs.definitions[f"{SECOND}3"] = {}
    pipeline.call(token="")
    assert len(pipeline.registered) == len(pipeline.updates) == 1


def test_two_calls_at_the_same_moment_end_well_whichever_was_heard(pipeline: Pipeline) -> None:
    """Neither sees the other, and both deploy: the second deployment stops the first, whose call CodePipeline heard."""
    pipeline.call()
    [first] = pipeline.registered
    second = f"{SECOND}3"
    pipeline.cloud.ecs.definitions[second] = first
    pipeline.cloud.ecs.end("STOPPED", "A new service deployment was started.")
    pipeline.cloud.ecs.deploy(second)
    assert "is IN_PROGRESS" in pipeline.call()
    pipeline.cloud.ecs.end("SUCCESSFUL")
    assert pipeline.call().startswith("shop-stg-web:23 is live")
    assert not pipeline.failed


def test_another_execution_registers_a_revision_of_its_own(pipeline: Pipeline) -> None:
    """Secrets that were changed, and everything else tasks read as they start, come with a release of the same digest."""
    pipeline.call()
    pipeline.cloud.ecs.end("SUCCESSFUL")
    pipeline.call()
    other = ORDER.replace(EXECUTION, "another")
    invoke(pipeline.cloud, pytest.MonkeyPatch(), event(parameters=other))
    assert len(pipeline.registered) == len(pipeline.updates) == 2


def test_a_retry_after_a_rollback_deploys_the_same_revision_again(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.ecs.end("ROLLBACK_SUCCESSFUL", "tasks failed to start", FIRST)
    pipeline.call()
    assert pipeline.failed
    pipeline.call(token="")
    assert not pipeline.failed
    assert len(pipeline.registered) == 1
    assert [one["taskDefinition"] for one in pipeline.updates] == [SECOND, SECOND]
    assert "is IN_PROGRESS" in pipeline.call(), "it is the new deployment that is watched, not the failed one"
    pipeline.cloud.ecs.end("SUCCESSFUL")
    pipeline.call()
    assert pipeline.over
    assert not pipeline.failed


def test_a_retry_after_a_failure_without_rollback_forces_a_deployment(pipeline: Pipeline) -> None:
    """The service has our revision still, and to be asked for what it has would change nothing."""
    pipeline.call()
    pipeline.cloud.ecs.end("STOPPED", "the circuit breaker stopped it")
    pipeline.call()
    assert pipeline.failed
    pipeline.call(token="")
    assert pipeline.updates[-1]["forceNewDeployment"] is True
    assert pipeline.cloud.ecs.deployments[-1]["status"] == "IN_PROGRESS"
    assert "is IN_PROGRESS" in pipeline.call()


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_IN_PROGRESS"])
def test_a_deployment_of_something_else_is_waited_for_and_never_stopped(
    pipeline: Pipeline, status: str
) -> None:
    other = pipeline.cloud.ecs.deploy(FIRST, status)
    name = other.rpartition(":service-deployment/")[2]
    assert pipeline.call() == f"waiting for deployment {name}, which is {status}, to end"
    assert not pipeline.updates
    pipeline.cloud.ecs.end("SUCCESSFUL")
    pipeline.call()
    assert len(pipeline.updates) == 1


def test_a_deployment_of_something_else_that_stays_is_refused_with_what_ends_it(pipeline: Pipeline) -> None:
    other = pipeline.cloud.ecs.deploy(FIRST)
    pipeline.call()
    pipeline.minutes(16)
    said = pipeline.call()
    assert pipeline.failed
    assert f"aws ecs stop-service-deployment --service-deployment-arn {other}" in said
    assert "shop-stg-web was not touched" in said
    assert not pipeline.registered


def test_a_first_deployment_that_never_ends_is_no_obstacle_for_ever(pipeline: Pipeline) -> None:
    """What a service is made with may not start at all, and nothing serves that a release could stop."""
    pipeline.cloud.ecs.deployments.clear()
    pipeline.cloud.ecs.deploy(FIRST)
    assert "waiting for deployment" in pipeline.call()
    pipeline.minutes(16)
    pipeline.call()
    assert len(pipeline.updates) == 1


def test_the_old_version_must_be_gone_also_where_ecs_calls_the_deployment_successful(
    pipeline: Pipeline,
) -> None:
    pipeline.call()
    pipeline.cloud.ecs.end("SUCCESSFUL")
    ending = pipeline.cloud.ecs.task(FIRST, desiredStatus="STOPPED", lastStatus="DEACTIVATING")
    pipeline.cloud.ecs.tasks.append(ending)
    assert "1 of another revision are still stopping" in pipeline.call()
    assert not pipeline.over
    ending["lastStatus"] = "STOPPED"
    assert "none of another revision is left" in pipeline.call()
    assert pipeline.over


def test_a_task_of_the_old_version_that_stays_fails_the_release(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.ecs.end("SUCCESSFUL")
    left = pipeline.cloud.ecs.task(FIRST)
    pipeline.cloud.ecs.tasks.append(left)
    pipeline.minutes(MINUTES + 16)
    said = pipeline.call()
    assert pipeline.failed
    assert str(left["taskArn"]) in said


def test_a_success_that_something_else_came_after_is_no_success(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.ecs.end("SUCCESSFUL")
    pipeline.cloud.ecs.deploy(FIRST, "SUCCESSFUL")
    said = pipeline.call()
    assert pipeline.failed
    assert "it was SUCCESSFUL, and shop-stg-web:1 was deployed after it by apps/shop-stg-web/d" in said


def test_a_service_that_has_not_heard_of_the_success_yet_is_asked_again(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.ecs.end("SUCCESSFUL")
    pipeline.cloud.ecs.primary = FIRST
    assert "its service not yet told so" in pipeline.call()
    assert not pipeline.over
    pipeline.cloud.ecs.primary = ""
    assert "is live" in pipeline.call()


def test_a_deployment_that_ends_while_it_is_to_be_moved_back_is_looked_at_again(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.minutes(MINUTES + 1)
    pipeline.cloud.errors["StopServiceDeployment"] = "ConflictException"
    pipeline.call()
    assert not pipeline.failed
    pipeline.cloud.ecs.end("SUCCESSFUL")
    assert "is live" in pipeline.call()


@pytest.mark.parametrize("status", ["STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"])
def test_a_deployment_that_ended_badly_fails_with_the_reason_of_ecs(pipeline: Pipeline, status: str) -> None:
    pipeline.call()
    pipeline.cloud.ecs.end(status, "Service deployment rolled back because of an alarm.", FIRST)
    pipeline.cloud.ecs.details = {
        "alarms": {"status": "TRIGGERED", "alarmNames": ["a", "b"], "triggeredAlarmNames": ["b"]},
        "deploymentCircuitBreaker": {"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
    }
    said = pipeline.call()
    assert pipeline.failed
    assert said.startswith("deployment apps/shop-stg-web/d")
    assert f"of shop-stg-web:2: it is {status}: Service deployment rolled back because of an alarm; " in said
    assert "alarm b went off" in said
    assert "alarm a " not in said
    assert "the circuit breaker counted 3 failed tasks of 3" in said
    assert said.endswith(
        "shop-stg-web:1 is what the service has now; push a fix, or retry the stage to deploy the same again"
    )


def test_a_deployment_that_goes_back_is_waited_for_and_then_fails(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.ecs.end("ROLLBACK_IN_PROGRESS", "tasks failed to start")
    assert "goes back: tasks failed to start" in pipeline.call()
    assert not pipeline.over
    pipeline.cloud.ecs.end("ROLLBACK_SUCCESSFUL", "tasks failed to start", FIRST)
    pipeline.call()
    assert pipeline.failed


def test_a_way_back_that_never_ends_fails(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.ecs.end("ROLLBACK_IN_PROGRESS", "stuck")
    pipeline.minutes(MINUTES + 16)
    assert "it is ROLLBACK_IN_PROGRESS: stuck" in pipeline.call()
    assert pipeline.failed


def test_a_deployment_that_somebody_elses_stopped_names_that(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.ecs.end("STOPPED", "superseded")
    other = pipeline.cloud.ecs.deploy(FIRST).rpartition(":service-deployment/")[2]
    assert f"it is STOPPED: superseded; deployment {other} came after it" in pipeline.call()


def test_a_crash_loop_that_nothing_ends_is_moved_back_when_its_time_is_over(pipeline: Pipeline) -> None:
    """Without a circuit breaker ECS tries for ever (Amazon ECS Developer Guide, deployment-circuit-breaker)."""
    pipeline.call()
    pipeline.minutes(MINUTES - 1)
    pipeline.call()
    assert not pipeline.cloud.called("StopServiceDeployment")
    pipeline.minutes(2)
    assert "was not through after 60 minutes and is moved back" in pipeline.call()
    [sent] = pipeline.cloud.called("StopServiceDeployment")
    assert sent == {
        "serviceDeploymentArn": pipeline.cloud.ecs.deployments[-1]["serviceDeploymentArn"],
        "stopType": "ROLLBACK",
    }
    assert "goes back" in pipeline.call()
    pipeline.cloud.ecs.end("ROLLBACK_SUCCESSFUL", "by request", FIRST)
    assert "it was not through after 60 minutes, and is ROLLBACK_SUCCESSFUL" in pipeline.call()
    assert pipeline.failed
    assert len(pipeline.cloud.called("StopServiceDeployment")) == 1


def test_a_deployment_says_where_it_is(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.ecs.details = {
        "lifecycleStage": "PRODUCTION_TRAFFIC_SHIFT",
        "targetServiceRevision": {
            "arn": "r",
            "requestedTaskCount": 4,
            "runningTaskCount": 3,
            "requestedProductionTrafficWeight": 12.5,
        },
    }
    assert pipeline.call().endswith(
        "is IN_PROGRESS in PRODUCTION_TRAFFIC_SHIFT: 3 of 4 tasks run, with 12.5 % of the traffic"
    )


def test_a_deployment_that_waits_for_a_person_says_what_goes_on(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.ecs.details = {
        "lifecycleStage": "POST_TEST_TRAFFIC_SHIFT",
        "lifecycleHookDetails": [
            {"hookId": "done", "status": "SUCCEEDED"},
            {"hookId": "h-1", "status": "AWAITING_ACTION"},
        ],
    }
    arn = pipeline.cloud.ecs.deployments[-1]["serviceDeploymentArn"]
    assert pipeline.call().endswith(
        f"it waits for a person: aws ecs continue-service-deployment --service-deployment-arn {arn} --hook-id h-1 "
        "--action CONTINUE (or ROLLBACK)"
    )


def failed_with(pipeline: Pipeline, lines: list[str] | None, **task: Any) -> str:
    """The message of a failure whose last task stopped so."""
    pipeline.call()
    pipeline.cloud.ecs.end("ROLLBACK_SUCCESSFUL", "tasks failed to start", FIRST)
    stopped = pipeline.cloud.ecs.task(SECOND, desiredStatus="STOPPED", lastStatus="STOPPED", **task)
    by_ecs = pipeline.cloud.ecs.task(
        SECOND,
        desiredStatus="STOPPED",
        lastStatus="STOPPED",
        stoppedReason="Scaling activity initiated by (deployment ecs-svc/1)",
    )
    older = pipeline.cloud.ecs.task(
        FIRST, desiredStatus="STOPPED", lastStatus="STOPPED", stoppedReason="other"
    )
    pipeline.cloud.ecs.tasks += [older, stopped, by_ecs]
    if lines is not None:
        pipeline.cloud.lines = {f"app/app/{str(stopped['taskArn']).rpartition('/')[2]}": lines}
    return pipeline.call()


CRASHED = {
    "stoppedReason": "Essential container in task exited",
    "containers": [{"name": "app", "exitCode": 1}, {"name": "proxy", "exitCode": 0}],
}


def test_a_failure_says_why_its_tasks_stopped_and_what_they_said_last(pipeline: Pipeline) -> None:
    said = failed_with(pipeline, [f"line {number}" for number in range(9)], **CRASHED)
    assert (
        "a new task stopped: Essential container in task exited, container app: exit code 1; last lines in "
        in said
    )
    assert "log group log, stream app/app/t" in said
    assert "line 4 | line 5 | line 6 | line 7 | line 8; shop-stg-web:1 is what" in said
    assert "Scaling activity" not in said, "what ECS stops on the way back is no reason"


def test_a_task_that_never_started_has_no_lines_and_its_reason_is_told(pipeline: Pipeline) -> None:
    said = failed_with(
        pipeline,
        None,
        stoppedReason="CannotPullContainerError: not found",
        containers=[{"name": "app", "reason": "CannotPullContainerError: pull"}],
    )
    assert (
        "CannotPullContainerError: not found, container app: CannotPullContainerError: pull; log group log"
        in said
    )
    assert "last lines" not in said


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (HIDDEN, f"password {HIDDEN} was refused"),
        (json.dumps({"url": f"postgres://u:{HIDDEN}@db/x"}), f"connecting as {HIDDEN}"),
        (json.dumps({"url": "postgres://u:s3cr%23t@db"}), "connecting as s3cr#t"),
        (json.dumps({"deep": [{"er": 'a"quoted\\one'}]}), json.dumps({"said": 'a"quoted\\one'})),
        ("first line\nsecond line", "the key begins first line"),
        (json.dumps({"pin": 12345678}), "pin 12345678"),
    ],
)
def test_the_values_of_secrets_are_struck_out_of_the_lines(pipeline: Pipeline, value: str, line: str) -> None:
    pipeline.cloud.secrets[SECRET] = {"SecretString": value}
    said = failed_with(pipeline, [line], **CRASHED)
    assert "***" in said
    for part in (HIDDEN, "s3cr#t", "quoted", "first line", "12345678"):
        assert part not in said


def test_parameters_are_struck_out_as_well(pipeline: Pipeline) -> None:
    given = definition()
    given["containerDefinitions"][0]["secrets"] = [{"name": "TOKEN", "valueFrom": "/shop/token"}]
    pipeline.cloud.objects[KEY] = json.dumps(given)
    pipeline.cloud.parameters = {"/shop/token"}
    assert "token is ***;" in failed_with(pipeline, [f"token is {HIDDEN}-/shop/token"], **CRASHED)


def test_no_line_is_told_where_a_secret_cannot_be_read(pipeline: Pipeline) -> None:
    pipeline.cloud.errors["GetSecretValue"] = "AccessDeniedException"
    said = failed_with(pipeline, [f"password {HIDDEN}"], **CRASHED)
    assert "container app: exit code 1; log group log, stream app/app/t" in said


def test_long_lines_are_cut_after_their_secrets_are_struck_out(pipeline: Pipeline) -> None:
    pipeline.cloud.secrets[SECRET] = {"SecretString": "x" * 300}
    said = failed_with(pipeline, ["y" * 150 + "x" * 300 + "z" * 300], **CRASHED)
    assert "y***z" in said
    assert "xxxx" not in said


def test_that_nothing_can_be_told_of_its_tasks_does_not_hide_the_failure(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.ecs.end("ROLLBACK_SUCCESSFUL", "tasks failed to start", FIRST)
    pipeline.cloud.errors["ListTasks"] = "AccessDeniedException"
    assert "it is ROLLBACK_SUCCESSFUL: tasks failed to start; shop-stg-web:1 is what" in pipeline.call()


@pytest.mark.parametrize("controller", ["CODE_DEPLOY", "EXTERNAL"])
def test_a_service_that_ecs_does_not_deploy_is_refused_untouched(pipeline: Pipeline, controller: str) -> None:
    pipeline.cloud.ecs.controller = controller
    said = pipeline.call()
    assert f"its deployments are made by {controller}" in said
    assert not pipeline.registered


def test_a_service_that_says_no_controller_is_ecs_own(pipeline: Pipeline) -> None:
    pipeline.cloud.ecs.controller = None
    pipeline.call()
    assert pipeline.updates


def test_a_service_that_is_gone_is_refused(pipeline: Pipeline) -> None:
    pipeline.cloud.ecs.status = "INACTIVE"
    assert "there is none that is active" in pipeline.call()


def test_a_service_that_the_stack_does_not_have_is_refused(pipeline: Pipeline) -> None:
    pipeline.cloud.stack = replace(SHOP, services={"worker": MOVED})
    assert pipeline.call().startswith("service web: the stack has worker; run pulumi up")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (None, "it is not there"),
        ("", "it is no JSON object"),
        ("[]", "it is no JSON object"),
        ("{}", "its container app has no image <IMAGE1_NAME>"),
        (json.dumps(definition("other")), "its container app has no image <IMAGE1_NAME>"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_untouched(
    pipeline: Pipeline, text: str | None, rule: str
) -> None:
    pipeline.cloud.objects = {} if text is None else {KEY: text}
    said = pipeline.call()
    assert said.startswith(f"template s3://shop-stg-artifacts-1/{KEY}: {rule}; run pulumi up")
    assert "shop-stg-web was not touched" in said
    assert not pipeline.registered


@pytest.mark.parametrize(
    "error", ["ThrottlingException", "ServerException", EndpointConnectionError(endpoint_url="https://ecs")]
)
@pytest.mark.parametrize("operation", ["DescribeServices", "DescribeServiceDeployments", "UpdateService"])
def test_one_lost_answer_does_not_fail_a_deployment_that_goes_on(
    pipeline: Pipeline, operation: str, error: Any
) -> None:
    pipeline.cloud.errors[operation] = error
    for _ in range(3):
        pipeline.call()
    assert not pipeline.failed
    assert not pipeline.over
    pipeline.cloud.errors.clear()
    pipeline.call()
    pipeline.cloud.ecs.end("SUCCESSFUL")
    pipeline.call()
    assert pipeline.over
    assert not pipeline.failed
    assert len(pipeline.registered) == len(pipeline.cloud.ecs.deployments) - 1 == 1


def test_an_answer_that_never_comes_fails_in_the_end(pipeline: Pipeline) -> None:
    pipeline.call()
    pipeline.cloud.errors["DescribeServices"] = "ThrottlingException"
    pipeline.minutes(MINUTES + 31)
    said = pipeline.call()
    assert pipeline.failed
    assert "retry the stage" in said


@pytest.mark.parametrize("operation", ["UpdateService", "RegisterTaskDefinition", "StopServiceDeployment"])
def test_what_ecs_refuses_fails_at_once(pipeline: Pipeline, operation: str) -> None:
    pipeline.cloud.errors[operation] = refused(operation, "InvalidParameterException")
    pipeline.call()
    if operation == "StopServiceDeployment":
        pipeline.minutes(MINUTES + 1)
        pipeline.call()
    assert pipeline.failed


def test_a_call_that_takes_too_long_is_asked_for_again(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.call()
    kept = pipeline.token
    pipeline.cloud.errors["DescribeServices"] = lambda: time.sleep(0.2)
    invoke(pipeline.cloud, monkeypatch, event(parameters=ORDER, token=kept), Invocation(milliseconds=5010))
    assert not pipeline.cloud.called("PutJobFailureResult")
    first = pipeline.cloud.called("PutJobSuccessResult")[1]
    assert json.loads(first["continuationToken"]) == json.loads(kept)
    assert "too slowly" in first["executionDetails"]["summary"]

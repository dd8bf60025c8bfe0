"""How the release function answers: always, once as far as it matters, and never with what is secret."""

import json
import subprocess
import sys
import threading
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from rehearsal.host.project import ROOT
from release import handler
from release.aws import Aws
from tests.unit.release_cloud import (
    DIGEST,
    HIDDEN,
    JOB,
    Invocation,
    ReleaseCloud,
    event,
    invoke,
    refused,
)
from tests.unit.shop import PREFIX


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "check",
        "[]",
        "{}",
        '{"step": "check"}',
        json.dumps({"step": "check", "digest": DIGEST, "trigger": "push", "migrate": 1}),
        json.dumps({"step": "check", "digest": DIGEST, "trigger": "push", "migrate": "run", "more": ""}),
        f'{{"step": "check", "digest": "{DIGEST}", "trigger": "push", "migrate": "run", "migrate": "skip"}}',
    ],
)
def test_parameters_that_cannot_be_followed_are_refused(
    monkeypatch: pytest.MonkeyPatch, parameters: str
) -> None:
    cloud = ReleaseCloud()
    invoke(cloud, monkeypatch, event(parameters=parameters))
    assert "UserParameters" in cloud.failed
    assert "they are a JSON object of digest, " in cloud.failed


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("migrate", "Skip", "run or skip"),
        ("trigger", "pushed", "push or chosen"),
        ("migrate", "", "run or skip"),
    ],
)
def test_a_variable_with_another_value_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, taken: str
) -> None:
    cloud = ReleaseCloud()
    invoke(cloud, monkeypatch, event(**{name: value}))
    assert cloud.failed.startswith(f"pipeline variable {name.upper()} {value!r}: it is {taken}")


def test_a_step_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = ReleaseCloud()
    invoke(cloud, monkeypatch, event(step="undo"))
    assert cloud.failed.startswith("step 'undo': this function knows check, rollout; run pulumi up")


def test_a_stack_without_its_descriptor_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = ReleaseCloud(stack=None)
    invoke(cloud, monkeypatch)
    assert "descriptor /delivery/shop/stg: the parameter is not there" in cloud.failed


def test_a_descriptor_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = ReleaseCloud()
    monkeypatch.setattr(cloud, "_descriptor", lambda _: {"Parameter": {"Value": '{"services": {}}'}})
    invoke(cloud, monkeypatch)
    assert "the descriptor has no application, which this version writes" in cloud.failed


def test_an_event_that_is_no_job_is_an_error_that_shows_nothing_of_it() -> None:
    with pytest.raises(LookupError) as caught:
        handler.handle({"detail": HIDDEN}, Invocation())
    assert HIDDEN not in str(caught.value)


def test_an_answer_names_its_invocation_so_that_the_log_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = ReleaseCloud()
    invoke(cloud, monkeypatch)
    assert cloud.succeeded["jobId"] == JOB
    assert cloud.succeeded["executionDetails"]["externalExecutionId"] == Invocation().aws_request_id
    cloud = ReleaseCloud(stack=None)
    invoke(cloud, monkeypatch)
    told = cloud.called("PutJobFailureResult")[0]["failureDetails"]
    assert told["externalExecutionId"] == Invocation().aws_request_id


def test_a_fault_of_its_own_is_an_answer_without_what_the_error_says(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    cloud = ReleaseCloud(errors={"GetSecretValue": RuntimeError(HIDDEN)})
    invoke(cloud, monkeypatch)
    assert cloud.failed.startswith("RuntimeError in release/secrets.py:")
    assert "release.check: false" in cloud.failed, "a fault of ours must not keep a fix from going out"
    assert HIDDEN not in cloud.failed + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        ("AccessDeniedException", "PermissionError", "this function's role may not"),
        ("ThrottlingException", "SystemUnavailable", "AWS answered ThrottlingException"),
        (EndpointConnectionError(endpoint_url="https://ecr"), "SystemUnavailable", "AWS did not answer"),
        (TimeoutError(), "SystemUnavailable", "AWS did not answer"),
    ],
)
def test_what_aws_does_not_give_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch, error: Any, kind: str, said: str
) -> None:
    cloud = ReleaseCloud(errors={"BatchGetImage": error})
    invoke(cloud, monkeypatch)
    assert said in cloud.failed
    assert "release/images.py:" in cloud.failed
    assert cloud.kind == kind


def test_the_pipeline_hears_of_it_before_the_functions_own_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = threading.Event()

    def hangs() -> None:
        assert told.wait(10), "nobody answered while the call hung"

    cloud = ReleaseCloud(errors={"BatchGetImage": hangs})
    late = cloud.answer

    def answer(service: str, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        if operation == "PutJobSuccessResult":
            raise refused(operation, "InvalidJobStateException")
        answered = late(service, operation, given)
        if operation == "PutJobFailureResult":
            told.set()
        return answered

    monkeypatch.setattr(cloud, "answer", answer)
    invoke(cloud, monkeypatch, context=Invocation(milliseconds=handler.MARGIN * 1000 + 10))
    [failure] = cloud.called("PutJobFailureResult")
    assert "answered too slowly" in failure["failureDetails"]["message"]
    assert len(cloud.called("PutJobSuccessResult")) == 1, "the second answer is refused, and does not matter"


@pytest.mark.parametrize("code", ["InvalidJobStateException", "JobNotFoundException"])
def test_a_second_answer_does_not_matter(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    cloud = ReleaseCloud(errors={"PutJobSuccessResult": code})
    invoke(cloud, monkeypatch)
    assert len(cloud.called("PutJobSuccessResult")) == 1


def test_an_answer_that_cannot_be_given_is_an_error_of_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = ReleaseCloud(errors={"PutJobSuccessResult": "ThrottlingException"})
    with pytest.raises(Exception, match="ThrottlingException"):
        invoke(cloud, monkeypatch)


def test_a_long_list_of_refusals_is_cut_to_what_codepipeline_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    containers = [
        {"name": f"c{number}", "secrets": [{"name": "X", "valueFrom": f"missing-{number}"}]}
        for number in range(200)
    ]
    text = json.dumps({"containerDefinitions": containers})
    cloud = ReleaseCloud(objects={f"{PREFIX}/taskdef-web.json": text})
    invoke(cloud, monkeypatch)
    assert len(cloud.failed) == 5000


def test_the_event_is_never_written_down(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    invoke(ReleaseCloud(), monkeypatch)
    assert HIDDEN not in "".join(capfd.readouterr())


def test_clients_are_made_ahead_where_lambda_starts_the_function() -> None:
    code = "from release import handler; print(len(handler._AWS._clients))"
    start = {
        "AWS_LAMBDA_FUNCTION_NAME": "shop-stg-release",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=start, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == 9


def test_clients_give_up_before_the_function_does() -> None:
    config = Aws().client("codepipeline", "us-east-1").meta.config
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    assert config.retries["total_max_attempts"] == 4

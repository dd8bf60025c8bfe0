"""Lambda functions as hooks of ECS's deployments, run for real.

Documents: AmazonECS/latest/developerguide, deployment-lifecycle-hooks, troubleshooting-blue-green ("Lifecycle hook issues").
"""

from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest

from rehearsal.evaluation.resources import make
from rehearsal.host.processes import Processes
from rehearsal.lambda_.declared import FUNCTION
from rehearsal.lambda_.service import Functions
from rehearsal.world.cloud import Cloud
from tests.rehearsal.bluegreen_world import ACCOUNT, REGION, eventually, policy, trusted_by
from tests.rehearsal.shifting_world import Shifting, shifting

PROBE = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:probe"
PROBES_ROLE, CALLS = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("probe", "calls-probe"))
CODE = """
def handler(event, context):
    told, answer = event["executionDetails"], event["hookDetails"]["answer"]
    print(event["lifecycleStage"], told["productionTrafficWeights"][told["targetServiceRevisionArn"]])
    if answer == "twice":
        return {"hookStatus": "IN_PROGRESS", "callBackDelay": 5, "hookDetails": {"answer": "SUCCEEDED"}}
    if answer == "raise":
        raise ValueError("no")
    return {"hookStatus": answer} if answer else {}
"""
INVOKE = [{"Action": "lambda:InvokeFunction", "Resource": PROBE}]
LOGS = [{"Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}]


def hook(answer: str) -> dict[str, Any]:
    return {
        "hookTargetArn": PROBE, "roleArn": CALLS, "lifecycleStages": ["PRODUCTION_TRAFFIC_SHIFT"],
        "hookDetails": {"answer": answer},
    }  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shifting]:
    """A service whose shift asks a function, on its first version."""
    with Processes() as processes:
        functions: list[Functions] = []

        def prepare(cloud: Cloud) -> Functions:
            cloud.authority.put_role(PROBES_ROLE, trusted_by("lambda.amazonaws.com"))
            cloud.authority.put_policy(PROBES_ROLE, "logs", policy(LOGS))
            cloud.authority.put_role(CALLS, trusted_by("ecs.amazonaws.com"))
            cloud.authority.put_policy(CALLS, "calls", policy(INVOKE))
            archive = pulumi.AssetArchive({"app.py": pulumi.StringAsset(CODE)})
            inputs = {
                "name": "probe", "role": PROBES_ROLE, "runtime": "python3.13", "handler": "app.handler",
                "code": archive,
            }  # fmt: skip
            make(cloud, f"urn:pulumi:s::p::{FUNCTION}::probe", FUNCTION, "probe", inputs)
            functions.append(Functions(cloud, processes))
            return functions[0]

        with shifting(
            tmp_path_factory.mktemp("cloud"), prepare=prepare, lifecycleHooks=[hook("SUCCEEDED")]
        ) as world:
            assert world.world.ended()["status"] == "SUCCESSFUL"
            yield world
            functions[0].stop()


def released(made: Shifting, answer: str, **more: Any) -> dict[str, Any]:
    configuration = {
        "strategy": "BLUE_GREEN",
        "bakeTimeInMinutes": 0,
        "lifecycleHooks": [hook(answer)],
        **more,
    }
    return made.world.release(
        "example/app:v2", deploymentConfiguration=configuration, forceNewDeployment=True
    )


def printed(made: Shifting) -> list[str]:
    logs = made.world.cloud.client("logs")
    group = "/aws/lambda/probe"
    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    events = [
        event
        for stream in streams
        for event in logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    ]
    return [one["message"].strip() for one in events if one["message"].startswith("PRODUCTION")]


def test_a_function_that_is_in_progress_is_asked_again_with_what_it_said(made: Shifting) -> None:
    ended = released(made, "twice")
    assert ended["status"] == "SUCCESSFUL"
    (told,) = ended["lifecycleHookDetails"]
    assert (told["targetType"], told["targetArn"], told["status"]) == ("AWS_LAMBDA", PROBE, "SUCCEEDED")
    eventually(lambda: printed(made)[-2:] == ["PRODUCTION_TRAFFIC_SHIFT 100.0"] * 2)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("FAILED", f"Lifecycle hook target {PROBE} returned FAILED status."),
        ("", f"ECS was unable to parse the response from {PROBE} due to HookStatus must not be null"),
        ("raise", f"ECS was unable to parse the response from {PROBE} due to HookStatus must not be null"),
    ],
)
def test_a_function_that_does_not_succeed_moves_the_traffic_back_and_is_asked_on_the_way(
    made: Shifting, answer: str, said: str
) -> None:
    before = made.production_weights()
    ended = released(made, answer)
    assert ended["statusReason"] == (
        f"Service deployment rolled back because PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed. {said}"
    )
    assert ended["status"] == "ROLLBACK_SUCCESSFUL"
    assert {group: bool(weight) for group, weight in made.production_weights().items()} == {
        group: bool(weight) for group, weight in before.items()
    }
    assert len(ended["lifecycleHookDetails"]) == 2
    eventually(lambda: printed(made)[-1:] == ["PRODUCTION_TRAFFIC_SHIFT 0.0"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda authority: authority.put_policy(CALLS, "calls", policy(LOGS)),
            f"ECS was unable to invoke hook target {PROBE} due to User: ",
        ),
        (
            lambda authority: authority.put_role(CALLS, trusted_by("lambda.amazonaws.com")),
            f"ECS was unable to assume role {CALLS}",
        ),
    ],
)
def test_a_role_that_may_not_call_fails_the_deployment(
    made: Shifting, change: Callable[[Any], None], said: str
) -> None:
    authority = made.world.cloud.authority
    change(authority)
    try:
        assert said in released(made, "SUCCEEDED")["statusReason"]
    finally:
        authority.put_role(CALLS, trusted_by("ecs.amazonaws.com"))
        authority.put_policy(CALLS, "calls", policy(INVOKE))

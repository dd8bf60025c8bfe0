"""What a function may be declared as: lambda/latest/api/API_CreateFunction.md and the pages named in `declared.py`."""

from typing import Any

import pytest

from rehearsal.evaluation.not_played import NotPlayed, not_played, refuse_what_is_not_played
from rehearsal.lambda_.declared import FUNCTION, Function, FunctionInvalid, function

ROLE = "arn:aws:iam::123456789012:role/check"
MADE = {
    "arn": "arn:aws:lambda:us-east-1:123456789012:function:check",
    "codeSha256": "x",
    "sourceCodeSize": 1,
    "lastModified": "",
}
LEAST: dict[str, Any] = {"name": "check", "role": ROLE, "runtime": "python3.13", "handler": "a.b"}


def read(**inputs: Any) -> Function:
    return function({**LEAST, **inputs}, MADE)


def test_what_is_left_out_is_lambdas_default() -> None:
    made = read()
    assert (made.timeout, made.memory, made.ephemeral_storage, made.architecture) == (3, 128, 512, "x86_64")
    assert made.logging.group == "/aws/lambda/check", "Lambda's own group"
    assert made.reserved is None


def test_everything_that_is_played_is_read() -> None:
    made = read(
        timeout=60,
        memorySize=256,
        architectures=["arm64"],
        environment={"variables": {"LEVEL": "high"}},
        reservedConcurrentExecutions=2,
        loggingConfig={"logFormat": "JSON", "logGroup": "/shop/check", "systemLogLevel": "WARN"},
        publish=False,
        tracingConfig={"mode": "PassThrough"},
        tags={"a": "b"},
    )
    assert (made.timeout, made.memory, made.architecture, made.reserved) == (60, 256, "arm64", 2)
    assert made.environment == {"LEVEL": "high"}
    assert (made.logging.json, made.logging.group, made.logging.system_level) == (True, "/shop/check", "WARN")


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"name": "a b"}, "name 'a b'"),
        ({"name": "x" * 65}, "1 to 64 letters"),
        ({"runtime": "nodejs22.x"}, "plays Lambda's current Python runtimes only"),
        ({"runtime": "python3.8"}, "python3.8"),
        ({"handler": ""}, "handler ''"),
        ({"role": "check"}, "is the ARN of a role"),
        ({"timeout": 0}, "timeout 0: is from 1 to 900"),
        ({"timeout": 901}, "timeout 901"),
        ({"timeout": 1.5}, "is a whole number"),
        ({"memorySize": 64}, "memorySize 64: is from 128 to 10240"),
        ({"ephemeralStorage": {"size": 100}}, "from 512 to 10240"),
        ({"architectures": ["x86_64", "arm64"]}, "a function has one"),
        ({"architectures": ["i386"]}, "architectures 'i386'"),
        ({"environment": {"variables": {"AWS_REGION": "x"}}}, "reserved keys"),
        ({"environment": {"variables": {"A-B": "x"}}}, "begins with a letter"),
        ({"environment": {"variables": {"A": "x"}}}, "two at least"),
        ({"environment": {"variables": {"AB": "x" * 4096}}}, "exceeded the 4KB limit"),
        ({"loggingConfig": {"logFormat": "Text", "applicationLogLevel": "INFO"}}, "need logFormat JSON"),
        ({"loggingConfig": {"logFormat": "XML"}}, "logFormat 'XML'"),
        ({"loggingConfig": {"logFormat": "JSON", "systemLogLevel": "ERROR"}}, "systemLogLevel 'ERROR'"),
        ({"loggingConfig": {"logFormat": "JSON", "logGroup": "a b"}}, "logGroup 'a b'"),
    ],
)
def test_what_lambda_refuses_is_refused_by_name(inputs: dict[str, Any], reason: str) -> None:
    with pytest.raises(FunctionInvalid, match=reason):
        read(**inputs)


@pytest.mark.parametrize(
    "inputs",
    [
        {"layers": ["arn:aws:lambda:us-east-1:123456789012:layer:x:1"]},
        {"vpcConfig": {"subnetIds": ["subnet-1"]}},
        {"deadLetterConfig": {"targetArn": "x"}},
        {"tracingConfig": {"mode": "Active"}},
        {"publish": True},
        {"s3Bucket": "code"},
        {"snapStart": {"applyOn": "PublishedVersions"}},
        {"packageType": "Image"},
        {"somethingNew": 1},
    ],
)
def test_what_nobody_plays_is_refused_by_name_as_of_every_type(inputs: dict[str, Any]) -> None:
    with pytest.raises(NotPlayed, match=f"has {next(iter(inputs))}"):
        refuse_what_is_not_played(FUNCTION, "check", {**LEAST, **inputs}, "us-east-1")


def test_what_says_only_how_lambda_is_anyway_is_taken() -> None:
    anyway = {"publish": False, "tracingConfig": {"mode": "PassThrough"}, "packageType": "Zip", "layers": []}
    assert not_played(FUNCTION, {**LEAST, **anyway, "tags": {"a": "b"}}, "us-east-1") == []

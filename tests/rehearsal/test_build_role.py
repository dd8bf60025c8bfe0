"""What a build is given and what it may: variables, parameters, secrets, its role's calls authorized by the real gateway."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.host.processes import Processes
from rehearsal.identity.authority import Authority
from tests.rehearsal.build_world import (
    ACCOUNT,
    BUILD_ROLE,
    PASSWORD,
    PIPELINE_ROLE,
    PROJECT,
    Shop,
    allow,
    spec,
    stocked_account,
    trust,
)

SECRET_ENV = """parameter-store: {LEVEL: /app/level}
secrets-manager: {PASSWORD: 'app/db:password', WHOLE: app/db, PORT: 'app/db:port'}
exported-variables: [SEEN]"""


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Authority]]:
    with stocked_account(tmp_path_factory.mktemp("stock")) as account:
        yield account


@pytest.fixture
def shop(stocked: tuple[str, Authority], tmp_path: Path) -> Iterator[Shop]:
    with Processes() as processes:
        yield Shop(*stocked, tmp_path, processes)


def test_parameters_and_secrets_reach_the_build_and_never_the_log(shop: Shop) -> None:
    exported = shop.run(
        spec(
            env=SECRET_ENV,
            build=[
                'echo "level $LEVEL password $PASSWORD" >&2',
                'export SEEN="${#PASSWORD} $PORT"',
                "echo done",
            ],
        )
    )
    assert exported["SEEN"] == f"{len(PASSWORD)} 5432"
    log = "\n".join(shop.log())
    assert "level *** password ***" in log
    assert PASSWORD not in log
    assert "debug-level" not in log


def test_a_failure_message_shows_no_secret(shop: Shop) -> None:
    message = shop.fails(spec(env=SECRET_ENV, build=['echo "using $PASSWORD"; exit 1']))
    assert "using ***" in message
    entries = [str(entry) for entry in shop.cloud.journal.entries()]
    assert not any(PASSWORD in text for text in [message, *entries])


def test_the_actions_variables_win(shop: Shop) -> None:
    shop.project["environmentVariables"] = [
        {"name": "A", "value": "project"},
        {"name": "B", "value": "project"},
    ]
    shop.action = [{"name": "B", "value": "action", "type": "PLAINTEXT"}]
    exported = shop.run(
        spec(env="variables: {A: spec, C: spec}\nexported-variables: [A, B, C]", build=["true"])
    )
    assert exported == {"A": "project", "B": "action", "C": "spec"}


@pytest.mark.parametrize(
    ("env", "reason"),
    [
        ("secrets-manager: {URL: app/absent}", "Secrets Manager Error Message: ResourceNotFoundException"),
        ("secrets-manager: {URL: 'app/db:absent'}", "no value for key 'absent'"),
        ("parameter-store: {URL: /app/absent}", "parameter does not exist: /app/absent"),
    ],
)
def test_a_missing_secret_stops_the_build_before_its_commands(shop: Shop, env: str, reason: str) -> None:
    message = shop.fails(spec(env=env, build=["echo never"]))
    assert "Phase: DOWNLOAD_SOURCE" in message
    assert reason in message
    assert "URL" in message, "the variable is named"
    assert PASSWORD not in message
    assert "BUILD" not in shop.phases()


@pytest.mark.parametrize(
    ("statement", "phase", "action"),
    [
        ("logs", "PROVISIONING", "logs:CreateLogStream"),
        ("artifacts", "DOWNLOAD_SOURCE", "s3:GetObject"),
        ("parameters", "DOWNLOAD_SOURCE", "ssm:GetParameters"),
        ("secrets", "DOWNLOAD_SOURCE", "secretsmanager:GetSecretValue"),
        ("interfaces", "PROVISIONING", "ec2:DescribeSecurityGroups"),
        ("permission", "PROVISIONING", "ec2:CreateNetworkInterfacePermission"),
    ],
)
def test_the_loss_of_one_statement_stops_the_build_where_aws_would(
    shop: Shop, statement: str, phase: str, action: str
) -> None:
    shop.authority.remove_policy(BUILD_ROLE, statement)
    shop.more["vpcConfig"] = {
        "vpcId": "vpc-1",
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroupIds": ["sg-1"],
    }
    message = shop.fails(spec(env=SECRET_ENV, build=["echo never"]))
    assert f"Phase: {phase}" in message
    assert f"is not authorized to perform: {action}" in message
    assert "on resource: " in message
    assert "BUILD" not in shop.phases()


def test_a_shared_subnet_is_asked_for_by_its_owners_arn(shop: Shop) -> None:
    """Amazon VPC User Guide, vpc-sharing: the subnet is its owner's, the interface this account's."""
    shop.more["vpcConfig"] = {"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    shop.cloud.subnets_owner = "444455556666"
    message = shop.fails(spec(build=["true"]))
    assert "is not authorized to perform: ec2:CreateNetworkInterfacePermission" in message
    document = shop.authority.policies(BUILD_ROLE)["permission"]
    theirs = json.loads(json.dumps(document).replace(f":{ACCOUNT}:subnet/", ":444455556666:subnet/"))
    shop.authority.put_policy(BUILD_ROLE, "permission", theirs)
    shop.run(spec(build=["true"]))


def test_a_vpc_build_with_every_statement_runs(shop: Shop) -> None:
    shop.more["vpcConfig"] = {
        "vpcId": "vpc-1",
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroupIds": ["sg-1"],
    }
    shop.run(spec(build=["true"]))


def test_a_role_that_does_not_trust_codebuild_is_not_assumed(shop: Shop) -> None:
    shop.authority.put_role(BUILD_ROLE, trust("ec2.amazonaws.com"))
    assert "CodeBuild is not authorized to perform: sts:AssumeRole" in shop.fails(spec(build=["true"]))


def test_a_pipeline_that_may_not_start_builds_starts_none(shop: Shop) -> None:
    shop.authority.put_policy(
        PIPELINE_ROLE, "start", {"Statement": [allow("codebuild:BatchGetBuilds", PROJECT)]}
    )
    message = shop.fails(spec(build=["true"]))
    assert message.startswith("Error calling startBuild: User: ")
    assert f"is not authorized to perform: codebuild:StartBuild on resource: {PROJECT}" in message


def test_a_vpc_build_without_privileged_mode_has_no_docker(shop: Shop, tmp_path: Path) -> None:
    front = tmp_path / "front"
    front.mkdir()
    (front / "docker").write_text("#!/bin/sh\necho front answers\n")
    (front / "docker").chmod(0o755)
    shop.builds.docker = front
    assert "BUILD" not in shop.phases()
    shop.run(spec(build=["docker info | grep -q 'front answers'"]))
    shop.more = {
        "environment": {"privilegedMode": False},
        "vpcConfig": {"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": []},
    }
    assert "Cannot connect to the Docker daemon" in shop.fails(spec(build=["docker info"]))


def test_the_aws_cli_of_a_build_acts_as_the_build_role(shop: Shop) -> None:
    message = shop.fails(spec(build=["aws s3 ls s3://elsewhere"]))
    assert "is not authorized to perform: s3:ListBucket" in message
    assert "assumed-role/build/" in message

"""MigrationBuild alone."""

import json
import shlex
from typing import Any

import pytest

from components.artifact_store import ArtifactStore, ArtifactStoreArgs
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.migration_build import MigrationBuild, MigrationBuildArgs
from documents.errands import Errand
from documents.policy import allow
from tests.unit.harness import PLACE, Config, Graph, Sent, deployed, remembered, stack

KEY = "arn:aws:kms:us-east-1:123456789012:key/0000"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"

ERRAND = Errand(
    variables={"DELIVERY_TEMPLATES": "s3://bucket/templates/0123/"},
    needs=[allow("s3:GetObject", on="arn:aws:s3:::bucket/templates/*")],
    artifact="Fetched",
)


@remembered
def _build(
    *, architecture: str = "X86_64", key_arn: str | None = None, database: bool = True, **more: Any
) -> Graph:
    def change(raw: Config) -> None:
        raw["migration"].update(more)
        raw["services"]["web"]["architecture"] = architecture
        raw["images"]["app"].pop("pushers", None)
        if key_arn:
            raw["release"]["artifactKeyArn"] = key_arn
        if not database:
            del raw["network"]["database"]

    def build() -> object:
        given = stack(change)
        return MigrationBuild(
            "migration",
            MigrationBuildArgs(
                stack=given,
                repository=ImageRepository("image", ImageRepositoryArgs(stack=given, tag="stg")),
                artifacts=ArtifactStore("artifacts", ArtifactStoreArgs(stack=given)),
                errand=ERRAND,
            ),
        )

    return deployed(build)


def _variables(project: Sent) -> dict[str, tuple[str, str]]:
    sent = project.inputs["environment"]["environmentVariables"]
    return {one["name"]: (one["type"], one["value"]) for one in sent}


def _statements(graph: Graph) -> list[dict[str, Any]]:
    return json.loads(graph.one("RolePolicy").inputs["policy"])["Statement"]


@pytest.mark.parametrize(
    ("architecture", "kind", "image"),
    [
        ("X86_64", "LINUX_CONTAINER", "aws/codebuild/amazonlinux-x86_64-standard:5.0"),
        ("ARM64", "ARM_CONTAINER", "aws/codebuild/amazonlinux-aarch64-standard:3.0"),
    ],
)
def test_the_machine_has_the_architecture_of_the_task(architecture: str, kind: str, image: str) -> None:
    environment = _build(architecture=architecture).one("Project").inputs["environment"]
    assert (environment["type"], environment["image"]) == (kind, image), (
        "else docker run says exec format error"
    )
    assert environment["privilegedMode"] is True, "a build in a VPC has no Docker daemon otherwise"
    assert environment["imagePullCredentialsType"] == "CODEBUILD", "curated images need this"


def test_one_migration_at_a_time_and_never_twice() -> None:
    project = _build(timeoutMinutes=40).one("Project").inputs
    assert project["concurrentBuildLimit"] == 1
    assert project["autoRetryLimit"] == 0, "a migration must not be repeated unasked"
    assert project["buildTimeout"] == 55, "the migration's own limit ends it first, with a sentence"
    assert project["source"]["type"] == project["artifacts"]["type"] == "CODEPIPELINE"


def test_it_runs_in_the_private_subnets_with_a_group_of_its_own() -> None:
    graph = _build()
    vpc = graph.one("Project").inputs["vpcConfig"]
    assert vpc["subnets"] == ["subnet-0000000000000000a", "subnet-0000000000000000b"]
    assert vpc["securityGroupIds"] == ["sg-migration-group"]
    group = graph.one("SecurityGroup").inputs
    assert not group.get("ingress"), "nothing connects to a build"
    rule = graph.one("SecurityGroupIngressRule").inputs
    assert rule["securityGroupId"] == "sg-000000000000000db"
    assert rule["referencedSecurityGroupId"] == "sg-migration-group"
    assert (rule["fromPort"], rule["toPort"], rule["ipProtocol"]) == (5432, 5432, "tcp")


def test_without_a_database_no_rule_is_added_to_anyones_group() -> None:
    assert _build(database=False).all("SecurityGroupIngressRule") == []


def test_the_interface_is_made_in_these_subnets_only() -> None:
    [permission] = [
        s for s in _statements(_build()) if s["Action"] == ["ec2:CreateNetworkInterfacePermission"]
    ]
    assert permission["Condition"] == {
        "StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
        "ArnEquals": {
            "ec2:Subnet": [
                "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-0000000000000000a",
                "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-0000000000000000b",
            ]
        },
    }, "CodeBuild User Guide, identity-based access control"


def test_the_policy_is_there_before_the_project() -> None:
    graph = _build()
    assert graph.one("RolePolicy").urn in graph.one("Project").depends_on, (
        "else: UnauthorizedOperation at the first build"
    )


def test_a_customer_key_is_the_projects_too() -> None:
    graph = _build(key_arn=KEY)
    assert graph.one("Project").inputs["encryptionKey"] == KEY, (
        "CodeBuild ignores the pipeline's key (aws-cdk#4182)"
    )
    [use] = [s for s in _statements(graph) if s["Resource"] == KEY]
    assert {"kms:Decrypt", "kms:GenerateDataKey"} <= set(use["Action"])
    assert _build().one("Project").inputs["encryptionKey"] == PLACE.arn("kms", "alias/aws/s3"), (
        "said, because the provider would keep a key that was taken away"
    )


def test_secrets_are_referred_to_and_readable() -> None:
    graph = _build(secrets={"URL": f"{SECRET}:url::", "TOKEN": "/shop/token"}, secretsKmsKeys=[KEY])
    variables = _variables(graph.one("Project"))
    assert variables["DELIVERY_VARIABLES"] == ("PLAINTEXT", "TOKEN URL")
    assert variables["DELIVERY_VALUE_0"] == ("PARAMETER_STORE", "/shop/token")
    assert variables["DELIVERY_VALUE_1"] == ("SECRETS_MANAGER", f"{SECRET}:url")
    granted = {s["Action"][0]: s["Resource"] for s in _statements(graph) if len(s["Action"]) == 1}
    assert granted["secretsmanager:GetSecretValue"] == [SECRET]
    assert granted["ssm:GetParameters"] == ["arn:aws:ssm:us-east-1:123456789012:parameter/shop/token"]
    assert granted["kms:Decrypt"] == [KEY]


def test_the_command_travels_quoted() -> None:
    variables = _variables(
        _build(
            command=["sh", "-c", "echo 'a b'"],
            entryPoint=["/bin/x y"],
            workingDirectory="/srv/my app",
            initProcess=True,
        ).one("Project")
    )
    assert variables["DELIVERY_COMMAND"] == ("PLAINTEXT", """sh -c 'echo '"'"'a b'"'"''""")
    assert variables["DELIVERY_ENTRY_POINT"] == ("PLAINTEXT", "'/bin/x y'")
    assert variables["DELIVERY_WORKING_DIRECTORY"] == ("PLAINTEXT", "/srv/my app")
    assert variables["DELIVERY_INIT_PROCESS"] == ("PLAINTEXT", "yes")


def test_without_a_word_about_it_there_is_no_init_process() -> None:
    told = _variables(_build().one("Project"))["DELIVERY_INIT_PROCESS"]
    assert told == ("PLAINTEXT", ""), (
        "an image with an init of its own must be process 1, as ECS's default lets it"
    )


@pytest.mark.parametrize(
    "name",
    [
        "HOME",
        "PATH",
        "TMPDIR",
        "HTTP_PROXY",
        "PYTHONHOME",
        "LD_PRELOAD",
        "IFS",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "CODEBUILD_BUILD_ID",
        "DOCKER_HOST",
        "DELIVERY_TAG",
        "DELIVERY_VALUE_0",
        "image",
        "a.b",
        "a-b",
    ],
)
def test_no_variable_of_the_application_is_the_builds(name: str) -> None:
    before = _variables(_build(environment={}).one("Project"))
    variables = _variables(_build(environment={name: "theirs"}).one("Project"))
    names = shlex.split(variables["DELIVERY_VARIABLES"][1])
    assert variables[f"DELIVERY_VALUE_{names.index(name)}"] == ("PLAINTEXT", "theirs")
    assert set(variables) - set(before) == {f"DELIVERY_VALUE_{len(names) - 1}"}
    changed = {one for one in before if variables[one] != before[one]}
    assert changed <= {"DELIVERY_VARIABLES", *(f"DELIVERY_VALUE_{n}" for n in range(len(names)))}


def test_the_build_is_told_of_its_errand_and_may_do_it() -> None:
    graph = _build()
    assert _variables(graph.one("Project"))["DELIVERY_TEMPLATES"] == (
        "PLAINTEXT",
        "s3://bucket/templates/0123/",
    )
    assert [*ERRAND.needs] == [s for s in _statements(graph) if s["Action"] == ["s3:GetObject"]]


def test_the_log_is_kept_as_long_as_asked_and_nothing_else_is_written() -> None:
    graph = _build(logRetentionDays=30)
    log = graph.one("LogGroup").inputs
    assert (log["name"], log["retentionInDays"]) == ("/delivery/shop/stg/migrate", 30)
    assert graph.one("Project").inputs["logsConfig"] == {"cloudwatchLogs": {"groupName": log["name"]}}
    [write] = [s for s in _statements(graph) if "logs:PutLogEvents" in s["Action"]]
    assert write["Resource"] == "arn:aws:logs:us-east-1:123456789012:log-group:/delivery/shop/stg/migrate:*"

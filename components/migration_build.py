"""The CodeBuild project that migrates: `docker run` of the pushed image, inside the VPC."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import pulumi
from pulumi_aws import cloudwatch, codebuild, ec2

from components.database_access import open_database
from components.role import granted_role
from documents import grants
from documents.names import TEMPLATES, Names
from documents.place import Place
from documents.policy import Statement, trust_account
from documents.secrets import codebuild_variable, keys_of
from settings.migration import MINUTES_AROUND, Migration
from settings.network import Network

BUILDSPEC = Path(__file__).parent.parent / "buildspecs" / "migrate.yml"

BUILD_IMAGES = {
    "X86_64": ("LINUX_CONTAINER", "aws/codebuild/amazonlinux-x86_64-standard:5.0"),
    "ARM64": ("ARM_CONTAINER", "aws/codebuild/amazonlinux-aarch64-standard:3.0"),
}
"""Environment type and curated image by CPU architecture (CodeBuild User Guide, ec2-compute-images)."""


class MigrationBuildArgs(TypedDict):
    """What the build needs from the rest of the stack."""

    migration: Migration
    network: Network
    names: Names
    place: Place
    architecture: str
    """CPU architecture of the image: `X86_64` or `ARM64`."""
    tag: str
    repository_arn: pulumi.Input[str]
    repository_url: pulumi.Input[str]
    bucket: pulumi.Input[str]
    bucket_arn: pulumi.Input[str]
    artifact_objects: pulumi.Input[str]
    """ARN pattern of the pipeline's artifacts."""
    key_arn: str | None
    """Customer key of the artifacts: the pipeline's own, because CodeBuild ignores what the pipeline says."""
    template_prefix: pulumi.Input[str]
    template_version: pulumi.Input[str]
    template_files: Sequence[str]


class MigrationBuild(pulumi.ComponentResource):
    """A build in the VPC that runs one migration at a time and then fetches the templates."""

    project_name: pulumi.Output[str]
    """Name of the CodeBuild project."""
    project_arn: pulumi.Output[str]
    """ARN of the CodeBuild project."""
    security_group_id: pulumi.Output[str]
    """Group the build's network interfaces are in."""

    def __init__(
        self, name: str, args: MigrationBuildArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the project, its role, its group and its log."""
        super().__init__("delivery:index:MigrationBuild", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        migration, network, names = args["migration"], args["network"], args["names"]
        log_group = cloudwatch.LogGroup(
            f"{name}-log",
            name=names.log_group("migrate"),
            retention_in_days=migration.log_retention_days,
            opts=inside,
        )
        group = ec2.SecurityGroup(
            f"{name}-group",
            description=f"Migration build of {names.pipeline}",
            vpc_id=network.vpc_id,
            egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
            opts=inside,
        )
        open_database(name, network.database, group.id, inside)
        trust = trust_account("codebuild.amazonaws.com", args["place"].account)
        grown_by = "delivery:migration (secrets, secretsKmsKeys) and delivery:network.privateSubnetIds"
        role = granted_role(name, names.migration, trust, _statements(args), inside, grown_by=grown_by)
        environment_type, image = BUILD_IMAGES[args["architecture"]]
        project = codebuild.Project(
            f"{name}-project",
            name=names.migration,
            description=f"Migrates with the image pushed for {names.pipeline}, then fetches its templates",
            service_role=role.arn,
            build_timeout=migration.timeout_minutes + MINUTES_AROUND,
            queued_timeout=60,
            concurrent_build_limit=1,
            auto_retry_limit=0,
            # Left out, the provider would keep a key that was taken away (its property is computed).
            encryption_key=args["key_arn"] or args["place"].arn("kms", "alias/aws/s3"),
            source={"type": "CODEPIPELINE", "buildspec": BUILDSPEC.read_text(encoding="utf-8")},
            artifacts={"type": "CODEPIPELINE"},
            environment={
                "type": environment_type,
                "image": image,
                "image_pull_credentials_type": "CODEBUILD",
                "compute_type": migration.compute_type,
                "privileged_mode": True,
                "environment_variables": _variables(args),
            },
            vpc_config={
                "vpc_id": network.vpc_id,
                "subnets": network.private_subnet_ids,
                "security_group_ids": [group.id],
            },
            logs_config={"cloudwatch_logs": {"group_name": log_group.name}},
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=role.policies)),
        )
        self.project_name = project.name
        self.project_arn = project.arn
        self.security_group_id = group.id
        self.register_outputs(
            {"projectName": project.name, "projectArn": project.arn, "securityGroupId": group.id}
        )


def _statements(args: MigrationBuildArgs) -> list[Statement]:
    migration, place, key = args["migration"], args["place"], args["key_arn"]
    template_objects = pulumi.Output.concat(args["bucket_arn"], "/", TEMPLATES, "/*")
    secrets, parameters = keys_of(migration.secrets.values())
    return [
        *grants.pull([args["repository_arn"]]),
        grants.read_tags(args["repository_arn"]),
        grants.tag_images(args["repository_arn"]),
        *grants.build_artifacts(args["bucket_arn"], args["artifact_objects"]),
        *grants.read_templates(args["bucket_arn"], template_objects, TEMPLATES),
        *([grants.use_key(key)] if key else []),
        *grants.read_secrets(place, secrets, parameters, migration.secrets_kms_keys),
        grants.write_logs(place, args["names"].log_group("migrate")),
        *grants.build_in_vpc(place, args["network"].private_subnet_ids, args["network"].owner_account_id),
    ]


def _variables(args: MigrationBuildArgs) -> list[codebuild.ProjectEnvironmentEnvironmentVariableArgsDict]:
    """What the buildspec is told, and the application's variables under other names.

    A project's variables are the build shell's own: under its name, an application's TMPDIR or HTTP_PROXY would be heeded
    by the build's tools, and a name such as `spring.datasource.url` would be none.
    """
    migration = args["migration"]
    names = sorted({*migration.environment, *migration.secrets})
    told: Mapping[str, Any] = {
        "DELIVERY_REPOSITORY_URI": args["repository_url"],
        "DELIVERY_TAG": args["tag"],
        "DELIVERY_ARCHITECTURE": args["architecture"],
        "DELIVERY_COMMAND": shlex.join(migration.command),
        "DELIVERY_ENTRY_POINT": shlex.join(migration.entry_point),
        "DELIVERY_WORKING_DIRECTORY": migration.working_directory or "",
        "DELIVERY_INIT_PROCESS": "yes" if migration.init_process else "",
        "DELIVERY_VARIABLES": shlex.join(names),
        "DELIVERY_TIMEOUT_MINUTES": str(migration.timeout_minutes),
        "DELIVERY_TEMPLATES": pulumi.Output.concat(
            "s3://", args["bucket"], "/", args["template_prefix"], "/"
        ),
        "DELIVERY_TEMPLATE_FILES": " ".join(args["template_files"]),
        "DELIVERY_TEMPLATE_VERSION": args["template_version"],
    }
    values = [
        codebuild_variable(migration.secrets[name])
        if name in migration.secrets
        else ("PLAINTEXT", migration.environment[name])
        for name in names
    ]
    return [
        *({"name": name, "value": value, "type": "PLAINTEXT"} for name, value in told.items()),
        *(
            {"name": f"DELIVERY_VALUE_{number}", "value": value, "type": kind}
            for number, (kind, value) in enumerate(values)
        ),
    ]

"""The CodeBuild project that migrates: `docker run` of the pushed image, inside the VPC."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, codebuild, ec2

from components.artifact_store import ArtifactStore
from components.image_repository import ImageRepository
from components.kit.database_access import open_database
from components.kit.refusing import refusing
from components.kit.role import granted_role
from components.kit.stack import Stack
from documents import action_grants, artifact_grants, grants
from documents.actions import Action, Handed, Released, codebuild_action
from documents.errands import Errand
from documents.limits import check_variable
from documents.policy import Statement, trust_account
from documents.secrets import codebuild_variable, keys_of
from documents.variables import MIGRATE
from settings.migration import MINUTES_AROUND, Migration

BUILDSPEC = Path(__file__).parent.parent / "buildspecs" / "migrate.yml"

BUILD_IMAGES = {
    "X86_64": ("LINUX_CONTAINER", "aws/codebuild/amazonlinux-x86_64-standard:5.0"),
    "ARM64": ("ARM_CONTAINER", "aws/codebuild/amazonlinux-aarch64-standard:3.0"),
}
"""Environment type and curated image by CPU architecture (CodeBuild User Guide, ec2-compute-images)."""

NAMESPACE = "Migration"
"""Namespace of what the build exports."""


@dataclass(frozen=True, kw_only=True)
class MigrationBuildArgs:
    """What the build needs from the rest of the stack."""

    stack: Stack
    repository: ImageRepository
    """Where the image comes from."""
    artifacts: ArtifactStore
    errand: Errand
    """What it fetches for the deployments once the migration is through."""


class MigrationBuild(pulumi.ComponentResource):
    """A build in the VPC that runs one migration at a time."""

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
        settings, names, place = args.stack.settings, args.stack.names, args.stack.place
        migration, network = settings.migration, settings.network
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
        trust = trust_account("codebuild.amazonaws.com", place.account)
        grown_by = "delivery:migration (secrets, secretsKmsKeys) and delivery:network.privateSubnetIds"
        role = granted_role(name, names.migration_role, trust, _statements(args), inside, grown_by=grown_by)
        environment_type, image = BUILD_IMAGES[settings.architecture]
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
            # Its own, because CodeBuild ignores the pipeline's.
            encryption_key=settings.release.artifact_key_arn or place.arn("kms", "alias/aws/s3"),
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
        self._errand = args.errand
        self.project_name = project.name
        self.project_arn = project.arn
        self.security_group_id = group.id
        self.register_outputs(
            {"projectName": project.name, "projectArn": project.arn, "securityGroupId": group.id}
        )

    @property
    def handed(self) -> Handed:
        """What its errand fetched, as later actions get at it."""
        return Handed(artifact=self._errand.artifact, version=f"#{{{NAMESPACE}.DELIVERY_TEMPLATE_VERSION}}")

    def action(self, released: Released, run_order: int) -> Action:
        """Migrates with the released image, then hands on what its errand fetched."""
        return codebuild_action(
            name="Migrate",
            project=self.project_name,
            environment={
                "DELIVERY_IMAGE_DIGEST": released.digest,
                "DELIVERY_MIGRATE": MIGRATE.expression,
            },
            inputs=(released.artifact,),
            outputs=(self._errand.artifact,),
            namespace=NAMESPACE,
            run_order=run_order,
            needs=[action_grants.start_build(self.project_arn)],
            variables=(MIGRATE,),
        )


def _statements(args: MigrationBuildArgs) -> list[Statement]:
    stack, artifacts = args.stack, args.artifacts
    migration, network = stack.settings.migration, stack.settings.network
    key = stack.settings.release.artifact_key_arn
    secrets, parameters = keys_of(migration.secrets.values())
    return [
        *grants.pull([args.repository.arn]),
        grants.tag_images(args.repository.arn),
        *artifact_grants.build_artifacts(artifacts.arn, artifacts.artifact_objects),
        *args.errand.needs,
        *([artifact_grants.use_key(key)] if key else []),
        *grants.read_secrets(stack.place, secrets, parameters, migration.secrets_kms_keys),
        grants.write_logs(stack.place, stack.names.log_group("migrate")),
        *action_grants.build_in_vpc(stack.place, network.private_subnet_ids, network.owner_account_id),
    ]


def _variables(args: MigrationBuildArgs) -> list[codebuild.ProjectEnvironmentEnvironmentVariableArgsDict]:
    """What the buildspec is told, and the application's variables under other names.

    A project's variables are the build shell's own: under its name, an application's TMPDIR or HTTP_PROXY would be heeded
    by the build's tools, and a name such as `spring.datasource.url` would be none.
    """
    settings = args.stack.settings
    migration = settings.migration
    names = sorted({*migration.environment, *migration.secrets})
    told: Mapping[str, Any] = {
        "DELIVERY_REPOSITORY_URI": args.repository.url,
        **_container(migration, names),
        "DELIVERY_TIMEOUT_MINUTES": str(migration.timeout_minutes),
        **args.errand.variables,
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
            {"name": _value(number), "value": value, "type": kind}
            for number, (kind, value) in enumerate(values)
        ),
    ]


def _container(migration: Migration, names: Sequence[str]) -> dict[str, str]:
    """What the buildspec is told of the migration's container; RunError when no program could be told as much."""
    told = {
        "DELIVERY_COMMAND": shlex.join(migration.command),
        "DELIVERY_ENTRY_POINT": shlex.join(migration.entry_point),
        "DELIVERY_WORKING_DIRECTORY": migration.working_directory or "",
        "DELIVERY_INIT_PROCESS": "yes" if migration.init_process else "",
        "DELIVERY_VARIABLES": shlex.join(names),
    }
    with refusing():
        for name, value in told.items():
            check_variable(name, value, "delivery:migration (command, entryPoint, names of variables)")
        for name, value in migration.environment.items():
            check_variable(max(name, _value(0), key=len), value, f"delivery:migration.environment.{name}")
    return told


def _value(number: int) -> str:
    return f"DELIVERY_VALUE_{number}"

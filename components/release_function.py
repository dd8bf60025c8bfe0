"""The function that does what a release needs code for, and its actions in the pipeline."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_aws import cloudwatch, lambda_

from components.artifact_store import ArtifactStore
from components.image_repository import ImageRepository
from components.kit.role import granted_role
from components.kit.stack import Stack
from documents import action_grants, artifact_grants, grants
from documents.actions import Action, Handed, Released, lambda_action
from documents.names import TEMPLATES
from documents.policy import Statement, merged, trust
from documents.secrets import keys_of
from documents.variables import EXECUTION, MIGRATE, TRIGGER

RUNTIME, ARCHITECTURE = "python3.13", "x86_64"
"""Deprecated on June 30, 2029 (Lambda Developer Guide, lambda-runtimes); it brings boto3. Every Region has the architecture."""

MEMORY_MIB, TIMEOUT_SECONDS = 1024, 60
"""Half a processor, so that boto3 is loaded in about a second; a new account's least quota has several times as much."""

_ABOVE = __name__.removesuffix(".components.release_function").removesuffix("components.release_function")
"""The package that this one was installed below; empty where folders stand side by side (docs/decisions/0046)."""

_ROOT = Path(__file__).parent.parent

FROM_DOCUMENTS = ("__init__", "arns", "descriptor", "limits", "nested", "secrets", "taskdef", "templates")
"""Modules of `documents` that `release` imports: a package of everything would change with everything."""


@dataclass(frozen=True, kw_only=True)
class ReleaseFunctionArgs:
    """What the function needs from the rest of the stack."""

    stack: Stack
    repository: ImageRepository
    artifacts: ArtifactStore
    project_arn: pulumi.Input[str]
    """The migration's project, which says which secrets its build reads."""
    looked_at: Sequence[Statement] = ()
    """What it must be allowed for a look at the services' deployments."""
    rollouts: Sequence[Statement] = ()
    """What it must be allowed besides for the services that it rolls out."""


class ReleaseFunction(pulumi.ComponentResource):
    """A Lambda function outside of any VPC, with a role that may read what it judges, and roll out what is left to it."""

    name: pulumi.Output[str]
    """Name of the function."""
    arn: pulumi.Output[str]
    """ARN of the function."""

    def __init__(
        self, name: str, args: ReleaseFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the function, its role and its log.

        No concurrency is reserved: a new account has less than could be (docs/decisions/0055).
        """
        super().__init__("delivery:index:ReleaseFunction", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        settings, names = args.stack.settings, args.stack.names
        log_group = cloudwatch.LogGroup(
            f"{name}-log",
            name=names.release_log_group,
            retention_in_days=settings.migration.log_retention_days,
            opts=inside,
        )
        grown_by = "delivery:services and delivery:migration (secrets, secretsKmsKeys)"
        role = granted_role(
            name, names.release, trust("lambda.amazonaws.com"), _statements(args), inside, grown_by=grown_by
        )
        # IAM refuses a role of a name that is there; everything else of the function comes after it.
        after = pulumi.ResourceOptions(depends_on=[*role.policies, log_group])
        function = lambda_.Function(
            f"{name}-function",
            name=names.release,
            description=f"Steps of the releases of {names.pipeline}",
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            handler=f"{_ABOVE}.release.handler.handle".removeprefix("."),
            code=package(),
            role=role.arn,
            memory_size=MEMORY_MIB,
            timeout=TIMEOUT_SECONDS,
            environment={"variables": {"DELIVERY_DESCRIPTOR": names.descriptor}},
            logging_config={"log_format": "Text", "log_group": log_group.name},
            opts=pulumi.ResourceOptions.merge(inside, after),
        )
        self.name = function.name
        self.arn = function.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def check(self, released: Released, run_order: int) -> Action:
        """Refuses a release that would fail later."""
        told = {
            "step": "check",
            "digest": released.digest,
            "trigger": TRIGGER.expression,
            "migrate": MIGRATE.expression,
        }
        return lambda_action(
            name="Check",
            function=self.name,
            parameters=json.dumps(told),
            run_order=run_order,
            needs=action_grants.invoke_function(self.arn),
            variables=(MIGRATE, TRIGGER),
        )

    def rollout(
        self, key: str, released: Released, templates: Handed, run_order: int, minutes: int
    ) -> Action:
        """Deploys the service `key` through ECS itself; one that takes longer than `minutes` is moved back."""
        told = {
            "step": "rollout",
            "service": key,
            "digest": released.digest,
            "templates": templates.version,
            "execution": EXECUTION,
            "minutes": str(minutes),
        }
        return lambda_action(
            name=f"Deploy-{key}",
            function=self.name,
            parameters=json.dumps(told),
            run_order=run_order,
            needs=action_grants.invoke_function(self.arn),
        )


def package() -> pulumi.AssetArchive:
    """What the function runs: `release`, and of `documents` what that imports. The same files always make the same archive.

    As texts: the state then holds the whole of it, and no path of whoever ran `pulumi up`.
    """
    files = [
        *sorted((_ROOT / "release").glob("*.py")),
        *(_ROOT / "documents" / f"{one}.py" for one in FROM_DOCUMENTS),
    ]
    above = f"{_ABOVE.replace('.', '/')}/" if _ABOVE else ""
    return pulumi.AssetArchive(
        {
            f"{above}{file.relative_to(_ROOT).as_posix()}": pulumi.StringAsset(
                file.read_text(encoding="utf-8")
            )
            for file in files
        }
    )


def _statements(args: ReleaseFunctionArgs) -> list[Statement]:
    """What its steps need, and no more: without the check, it looks at no image, no alarm and no migration."""
    stack, artifacts = args.stack, args.artifacts
    settings, place, names = stack.settings, stack.place, stack.names
    key, checks = settings.release.artifact_key_arn, settings.release.check
    secrets, parameters = keys_of(
        [*(settings.migration.secrets.values() if checks else ()), *_of_tasks(stack)]
    )
    keys = {
        *(settings.migration.secrets_kms_keys if checks else ()),
        *(one for service in settings.services.values() for one in service.secrets_kms_keys),
    }
    templates = pulumi.Output.concat(artifacts.arn, "/", TEMPLATES, "/*")
    return [
        action_grants.answer_jobs(),
        grants.write_logs(place, names.release_log_group),
        grants.read_parameter(place, names.descriptor),
        *((grants.read_tags(args.repository.arn), grants.read_image(args.repository.arn)) if checks else ()),
        *artifact_grants.read_templates(artifacts.arn, templates, TEMPLATES),
        *([artifact_grants.read_with_key(key)] if key else []),
        *merged([*(args.looked_at if checks else ()), *args.rollouts]),
        *((grants.read_alarms(place), grants.read_project(args.project_arn)) if checks else ()),
        *grants.read_secrets(place, secrets, parameters, sorted(keys)),
    ]


def _of_tasks(stack: Stack) -> Sequence[str]:
    return [
        reference
        for service in stack.settings.services.values()
        for container in (service, *service.sidecars)
        for reference in container.secrets.values()
    ]

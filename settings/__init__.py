"""A stack's configuration as frozen, typed values.

Nothing here knows Pulumi: `parse` takes what the stack's YAML says and either returns `Settings` or raises
`SettingsError`, which names every finding. Who reads the YAML is somebody else's business.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from documents.lifecycle import FILTERS
from documents.names import ROLES_OF_A_SERVICE, ROLES_OF_A_STACK, Names
from documents.nested import is_map
from documents.place import EXAMPLE_ACCOUNT
from settings import adopting, listeners
from settings.base import Group
from settings.findings import SettingsError, explain, odd_keys, strings
from settings.image import Image
from settings.migration import Migration
from settings.network import Network
from settings.old_spelling import as_spelled_now
from settings.release import Notify, Release
from settings.service import Service
from settings.source import Source

__all__ = [
    "NAMESPACE",
    "Settings",
    "SettingsError",
    "examples",
    "parse",
    "refuse_examples",
    "refuse_stack_name",
]

NAMESPACE = "delivery"
"""Namespace of the configuration keys: the project's name in Pulumi.yaml."""

_EXAMPLE_ID = re.compile(r"^(?:vpc|subnet|sg)-0{12}[0-9a-f]{5}$")
_EXAMPLE_ARN = re.compile(rf"^arn:[^:]*:[^:]*:[^:]*:{EXAMPLE_ACCOUNT}:")
_EXAMPLE_ADDRESS = re.compile(r"@(?:[\w-]+\.)*example\.(?:com|org|net)$")

APPLICATION = r"^[a-z][a-z0-9-]{0,22}[a-z0-9]$"
MOST_SERVICES = 8
"""Services of one stack. With longer names more would not fit: an inline policy has at most 10,240 characters (IAM User Guide,
reference_iam-quotas), and the descriptor at most 8 KB (Systems Manager User Guide, parameter-store-advanced-parameters)."""

SERVICE = r"^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$"


ImageName = Annotated[str, Field(pattern=SERVICE)]


def _one_image(value: Any) -> Any:
    if not is_map(value) or len(value) == 1:
        return value
    if not value:
        raise ValueError("names no image; name the one that is built, such as app: {repository: shop}")
    raise ValueError(
        f"names {' and '.join(map(str, value))}, and no release takes several images yet: keep one"
    )


class Settings(Group):
    """Everything a stack's YAML says."""

    application: str = Field(
        pattern=APPLICATION, description="Name of the application; part of every name made here."
    )
    name_prefix: str = Field(
        default="",
        pattern=r"^([a-z][a-z0-9-]*[a-z0-9])?$",
        description="Says that names beginning with application-stack are this stack's alone; needed where another application could make them: the stack has a hyphen, or is called like the end of a role.",
    )
    images: Annotated[dict[ImageName, Image], BeforeValidator(_one_image)] = Field(
        min_length=1,
        max_length=1,
        description="What application teams build: an ECR repository and who may push to it, by a name of yours.",
    )
    source: Source = Field(description="What starts a release: exactly one answer.")
    network: Network = Field(description="VPC, private subnets and the database's security group.")
    migration: Migration = Field(description="The command run from the pushed image before traffic moves.")
    services: dict[str, Service] = Field(
        min_length=1,
        max_length=MOST_SERVICES,
        description="Web services and workers, by name; workers are released last, in this order.",
    )
    release: Release = Field(description="Mode, approval, window, alarms, retention and protection.")
    notify: Notify = Field(default=Notify(), description="Who hears of releases.")

    @model_validator(mode="after")
    def _service_names(self) -> "Settings":
        for name in self.services:
            if not re.fullmatch(SERVICE, name):
                raise ValueError(
                    f"service name {name!r} does not have the form {SERVICE}; it becomes part of AWS names: choose another"
                )
            if name == "migrate" or f"{name}-".startswith("internal-"):
                raise ValueError(
                    f"service name {name!r} is taken: the migration's log is called migrate, and no load balancer may be "
                    "called internal-… (Elastic Load Balancing API Reference, CreateLoadBalancer): choose another"
                )
        return self

    @model_validator(mode="after")
    def _one_name_a_listener(self) -> "Settings":
        for name, service in self.services.items():
            tested = service.load_balancer is not None and service.load_balancer.test_port is not None
            if tested and f"{name}-test" in self.services:
                raise ValueError(
                    f"service {name!r} has a testPort, and Pulumi would know its test listener and the listener of service "
                    f"{name + '-test'!r} by one name, {name}-test-listener: call one of them otherwise"
                )
        return self

    @model_validator(mode="after")
    def _one_architecture(self) -> "Settings":
        seen = {service.architecture for service in self.services.values()}
        if len(seen) > 1:
            raise ValueError(
                f"services ask for {' and '.join(sorted(seen))}; one pushed image is migrated and deployed on one "
                "architecture: give all services the same"
            )
        return self

    @model_validator(mode="after")
    def _one_listener_a_port(self) -> "Settings":
        taken: dict[tuple[str, int], str] = {}
        for name, service in self.services.items():
            balancer = service.load_balancer
            if balancer is None or balancer.arn is None:
                continue
            for port in (balancer.port, balancer.test_port):
                if port is None:
                    continue
                other = taken.setdefault((balancer.arn, port), name)
                if other != name:
                    raise ValueError(
                        f"services {other} and {name} both listen on port {port} of one load balancer; "
                        "a port has one listener: choose another port"
                    )
        return self

    @model_validator(mode="after")
    def _listeners_that_are_shared(self) -> "Settings":
        for finding in listeners.findings(self.services):
            raise ValueError(finding)
        return self

    @model_validator(mode="after")
    def _one_delivery_a_service(self) -> "Settings":
        there = {name: (one.cluster, one.existing) for name, one in self.services.items() if one.existing}
        for finding in adopting.twice(there):
            raise ValueError(finding)
        return self

    @model_validator(mode="after")
    def _alarms_let_services_start(self) -> "Settings":
        alarms = self.release.alarms
        if alarms.unhealthy_minutes is None or not alarms.enabled:
            return self
        for name, service in self.services.items():
            check = service.health_check
            if service.takes_traffic and alarms.unhealthy_minutes < check.slow_start_minutes:
                raise ValueError(
                    f"release.alarms.unhealthyMinutes {alarms.unhealthy_minutes} contradicts services.{name}.healthCheck."
                    f"gracePeriodSeconds {check.grace_period_seconds}: a task that may take that long to start can be unhealthy "
                    f"for as many minutes (after unhealthyThreshold {check.unhealthy_threshold} checks, one each "
                    f"intervalSeconds {check.interval_seconds}), and its own alarm would stop every release; raise "
                    f"unhealthyMinutes to {check.slow_start_minutes}, leave it out, or shorten the grace period"
                )
        return self

    @model_validator(mode="after")
    def _filters_of_a_repository(self) -> "Settings":
        for name, image in self.images.items():
            filters = len(image.moving(self.source.push.tag))
            if filters > FILTERS:
                raise ValueError(
                    f"images.{name}.movingTags and the stack's own tag make {filters} exclusion filters; ECR takes {FILTERS} for a "
                    "repository (Amazon ECR API Reference, PutImageTagMutability): join some by a pattern, such as sha256-* for "
                    "all signatures"
                )
        return self

    @property
    def image(self) -> Image:
        """The only image, as long as no release takes several."""
        [image] = self.images.values()
        return image

    @property
    def architecture(self) -> str:
        """CPU architecture of the image: `X86_64` or `ARM64`."""
        return next(iter(self.services.values())).architecture


def parse(raw: Mapping[str, Any]) -> Settings:
    """Settings from the values of a stack's YAML, keyed without the namespace.

    Raises SettingsError with one sentence for each finding.
    """
    odd = list(odd_keys(raw, f"{NAMESPACE}:"))
    if odd:
        raise SettingsError("\n".join(odd))
    given, findings = as_spelled_now(raw, NAMESPACE)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        findings.append(str(explain(error, Settings, NAMESPACE)))
    else:
        if not findings:
            return settings
    raise SettingsError("\n".join(findings))


def examples(settings: Settings) -> list[str]:
    """Paths of settings that still hold one of the shipped example values."""
    found = strings(settings.model_dump(by_alias=True, mode="json"), "")
    return [
        f"{NAMESPACE}:{path} ({value})"
        for path, value in found
        if _EXAMPLE_ID.match(value) or _EXAMPLE_ARN.match(value) or _EXAMPLE_ADDRESS.search(value)
    ]


def refuse_stack_name(settings: Settings, stack: str) -> None:
    """Raise SettingsError when names made with the stack's name would be refused by AWS."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", stack):
        raise SettingsError(
            f"stack {stack!r} becomes part of AWS names, which take small letters, digits and hyphens: "
            "call the stack otherwise"
        )
    _refuse_shared_names(settings, stack)
    for one in Names(settings.application, stack).too_long(settings.services):
        parts, few = (
            (f"application {settings.application!r} and stack {stack!r}", "one of the two")
            if one.service is None
            else (
                f"application {settings.application!r}, stack {stack!r} and service {one.service!r}",
                "one of the three",
            )
        )
        raise SettingsError(
            f"{parts} make the {one.what} {one.name}, {len(one.name)} characters; {one.taken_by} takes {one.most}: shorten {few}"
        )


def _refuse_shared_names(settings: Settings, stack: str) -> None:
    """Refuse a stack's name with which another application's stack may make the same names.

    A hyphen, or the ending of a role (IAM, CreateRole: a role's name is there once in an account). Not refused: a service's
    name with hyphens, which may be another's stack and service (docs/decisions/0016).
    """
    names = f"{settings.application}-{stack}"
    if settings.name_prefix not in ("", names):
        raise SettingsError(
            f"{NAMESPACE}:namePrefix is {settings.name_prefix!r}, and names of application {settings.application!r} in stack "
            f"{stack!r} begin with {names}: write that, or leave it out"
        )
    if "-" in stack and not settings.name_prefix:
        other, _, rest = names.rpartition("-")
        raise SettingsError(
            f"stack {stack!r} has a hyphen, and application {other!r} in a stack {rest!r} would make the same names {names}-…: "
            f"call the stack otherwise, or where no such stack is in the account (this one lives already, say) write "
            f"{NAMESPACE}:namePrefix: {names}"
        )
    parts = settings.application.count("-")
    if not settings.name_prefix and (
        (stack in ROLES_OF_A_STACK and parts) or (stack in ROLES_OF_A_SERVICE and parts > 1)
    ):
        whose = "a service" if stack in ROLES_OF_A_SERVICE else "a stack"
        raise SettingsError(
            f"application {settings.application!r} in stack {stack!r} makes the role name {names}, which is also the {stack} role of "
            f"{whose} whose names are {settings.application}: call the stack otherwise, or where no such stack is in the account "
            f"write {NAMESPACE}:namePrefix: {names}"
        )


def refuse_examples(settings: Settings, account: str) -> None:
    """Raise SettingsError when a real account would be given the shipped example values.

    A rehearsal runs in the example account and takes them.
    """
    left = examples(settings)
    if left and account != EXAMPLE_ACCOUNT:
        raise SettingsError(
            "\n".join(
                f"{one} is a shipped example, not yours; put the id of account {account} there"
                for one in left
            )
        )

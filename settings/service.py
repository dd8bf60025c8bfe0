"""One web service on Fargate behind a load balancer."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from documents.images import through_cache
from documents.ranges import canonical, check_rules
from settings.base import (
    AbsolutePath,
    Group,
    KmsKeyArn,
    Port,
    RetentionDays,
    SecurityGroupId,
    Statements,
    SubnetIds,
    VariableName,
    VariableValue,
)
from settings.healthcheck import HealthCheck, Protocol
from settings.image_reference import ImageReference
from settings.secret import SecretReference

FARGATE_MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: (1024, 2048, 3072, 4096),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
    32768: (61440, 122880, 249856),
}
"""Memory in MiB that Fargate offers for each CPU size (Amazon ECS Developer Guide, fargate-tasks-services)."""

MOST_CONTAINERS = 10
"""Containers of a task definition (AWS General Reference, ecs-service)."""

HTTPS = 443

LambdaArn = Annotated[str, Field(pattern=r"^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$")]
CachePrefix = Annotated[
    str,
    Field(
        min_length=2,
        max_length=30,
        pattern=r"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$",
    ),
]
"""Repository prefix of a pull through cache rule (Amazon ECR API Reference, CreatePullThroughCacheRule)."""
ContainerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,255}$")]


class LoadBalancer(Group):
    """An existing load balancer by ARN, or a new one in the given public subnets."""

    arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[\w-]*:elasticloadbalancing:[\w-]+:\d{12}:loadbalancer/app/[\w-]+/[0-9a-f]+$",
        description="ARN of an existing Application Load Balancer.",
    )
    security_group_id: SecurityGroupId | None = Field(
        default=None, description="Security group of the existing load balancer."
    )
    public_subnet_ids: SubnetIds | None = Field(
        default=None, min_length=2, description="Subnets of a new load balancer, in two zones at least."
    )
    internal: bool = Field(
        default=False, description="Whether a new load balancer is reachable from inside only."
    )
    port: Port = Field(default=443, description="Port of the production listener.")
    certificate_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:(acm:[a-z0-9-]+:\d{12}:certificate/[\w-]+|iam::\d{12}:server-certificate/[\w+=,.@/-]+)$",
        description="Certificate, of ACM or uploaded to IAM: makes it HTTPS.",
    )
    test_port: Port | None = Field(
        default=None, description="Port of a test listener, which sees green before production does."
    )
    allowed_cidrs: list[Annotated[str, AfterValidator(canonical)]] = Field(
        default=["0.0.0.0/0"],
        min_length=1,
        description="Who may reach a new load balancer's ports, as IPv4 ranges.",
    )

    @model_validator(mode="after")
    def _new_or_existing(self) -> "LoadBalancer":
        if (self.arn is None) == (self.public_subnet_ids is None):
            message = "needs exactly one of arn (an existing load balancer) and publicSubnetIds (a new one); give one"
            raise ValueError(message)
        if (self.arn is None) != (self.security_group_id is None):
            message = "arn and securityGroupId belong together: tasks accept traffic from that group only; give both or neither"
            raise ValueError(message)
        if self.port == HTTPS and self.certificate_arn is None:
            message = (
                f"port {HTTPS} is where browsers expect HTTPS, and there is no certificateArn: "
                "give a certificate, or another port such as 80"
            )
            raise ValueError(message)
        if self.test_port == self.port:
            message = (
                f"testPort {self.test_port} is the production port; CodeDeploy needs a test listener of its own: "
                "choose another port"
            )
            raise ValueError(message)
        check_rules(self.allowed_cidrs, 1 if self.test_port is None else 2)
        return self


class TrafficShift(StrEnum):
    """How traffic moves from blue to green: CodeDeploy's predefined configurations for ECS."""

    ALL_AT_ONCE = "CodeDeployDefault.ECSAllAtOnce"
    LINEAR_1 = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes"
    LINEAR_3 = "CodeDeployDefault.ECSLinear10PercentEvery3Minutes"
    CANARY_5 = "CodeDeployDefault.ECSCanary10Percent5Minutes"
    CANARY_15 = "CodeDeployDefault.ECSCanary10Percent15Minutes"


class Hooks(Group):
    """Lambda functions that CodeDeploy calls on the way; each may stop the deployment."""

    before_install: LambdaArn | None = Field(default=None, description="Before green is made.")
    after_install: LambdaArn | None = Field(default=None, description="After green is made.")
    after_allow_test_traffic: LambdaArn | None = Field(
        default=None, description="While the test listener points to green."
    )
    before_allow_traffic: LambdaArn | None = Field(
        default=None, description="Before production traffic moves."
    )
    after_allow_traffic: LambdaArn | None = Field(
        default=None, description="After production traffic has moved."
    )

    def given(self) -> dict[str, str]:
        """The hooks that are set, by CodeDeploy's own names."""
        names = {name: name.title().replace("_", "") for name in type(self).model_fields}
        return {names[name]: arn for name in names if (arn := getattr(self, name)) is not None}


class Rollout(Group):
    """How a service's traffic moves."""

    traffic_shift: TrafficShift = Field(
        default=TrafficShift.ALL_AT_ONCE, description="CodeDeploy's deployment configuration."
    )
    hooks: Hooks = Field(default=Hooks(), description="Lambda functions called on the way.")


class Sidecar(Group):
    """Another container of the same task."""

    name: ContainerName = Field(description="Container name.")
    image: ImageReference = Field(description="Image, by digest where it should never change unasked.")
    essential: bool = Field(default=False, description="Whether the task stops when this container does.")
    command: list[str] = Field(default=[], description="Command words.")
    entry_point: list[str] = Field(
        default=[], description="Replaces the image's ENTRYPOINT, and drops its CMD."
    )
    working_directory: AbsolutePath | None = Field(
        default=None, description="Folder the container starts in; default: the image's WORKDIR."
    )
    init_process: bool = Field(
        default=False,
        description="Whether an init runs as process 1, passes signals on and reaps; off where the image brings its own.",
    )
    environment: dict[VariableName, VariableValue] = Field(default={}, description="Plain variables.")
    secrets: dict[VariableName, SecretReference] = Field(
        default={}, description="Variables read from secrets."
    )


class Service(Group):
    """A web service: what runs, how large, behind what, and how traffic moves to a new version."""

    cluster: str = Field(pattern=r"^[A-Za-z0-9_-]{1,255}$", description="Name of an existing ECS cluster.")
    cpu: int = Field(description="CPU units of a task: 256 is a quarter of a vCPU.")
    memory: int = Field(description="Memory of a task in MiB.")
    architecture: Literal["X86_64", "ARM64"] = Field(
        default="X86_64", description="CPU architecture of image, task and build."
    )
    container: ContainerName = Field(
        default="app", description="Name of the container that runs the pushed image."
    )
    port: Port = Field(default=8080, description="Port the container listens on.")
    protocol: Protocol = Field(default="HTTP", description="What the container speaks on this port.")
    command: list[Annotated[str, Field(min_length=1)]] = Field(
        default=[], description="Replaces the image's CMD."
    )
    entry_point: list[str] = Field(
        default=[], description="Replaces the image's ENTRYPOINT, and drops its CMD."
    )
    working_directory: AbsolutePath | None = Field(
        default=None, description="Folder the container starts in; default: the image's WORKDIR."
    )
    init_process: bool = Field(
        default=False,
        description="Whether an init runs as process 1, passes signals on and reaps; off where the image brings its own.",
    )
    user: str | None = Field(
        default=None, min_length=1, description="User the container runs as; default: the image's."
    )
    stop_timeout_seconds: int = Field(
        default=30, ge=2, le=120, description="Seconds between TERM and KILL when a task stops."
    )
    health_check: HealthCheck = Field(default=HealthCheck(), description="Load balancer health check.")
    environment: dict[VariableName, VariableValue] = Field(default={}, description="Plain variables.")
    secrets: dict[VariableName, SecretReference] = Field(
        default={}, description="Variables read from secrets."
    )
    secrets_kms_keys: list[KmsKeyArn] = Field(
        default=[], description="Customer keys that encrypt these secrets."
    )
    desired_count: int = Field(
        default=2,
        ge=1,
        le=5000,
        description="Tasks that run; `pulumi up` sets the number back when somebody changed it, unless `autoscaled`.",
    )
    autoscaled: bool = Field(
        default=False,
        description="Whether something else scales the service (Application Auto Scaling, an operator): `desiredCount` then counts at first only.",
    )
    load_balancer: LoadBalancer = Field(description="Where traffic comes from.")
    rollout: Rollout = Field(default=Rollout(), description="How traffic moves to a new version.")
    sidecars: list[Sidecar] = Field(
        default=[], max_length=MOST_CONTAINERS - 1, description="Further containers of the task."
    )
    task_role_statements: Statements = Field(
        default=[],
        description="IAM statements the application itself needs (its task role), as in a policy document.",
    )
    execution_role_statements: Statements = Field(
        default=[],
        description="IAM statements ECS needs besides to start a task, for example to pull what GuardDuty puts beside it.",
    )
    bootstrap_image: ImageReference | None = Field(
        default=None,
        description="Image that answers until the first release: a copy of ruby:3-alpine; default: the one on ECR Public.",
    )
    pull_through_cache_prefixes: list[CachePrefix] = Field(
        default=[],
        description="Prefixes of ECR pull through cache rules that images named here come through; the first pull fills them.",
    )
    log_retention_days: RetentionDays = Field(default=90, description="Days the service's log is kept.")

    @model_validator(mode="after")
    def _fits_fargate(self) -> "Service":
        if self.cpu not in FARGATE_MEMORY:
            message = (
                f"cpu {self.cpu} is not a Fargate size; choose one of {', '.join(map(str, FARGATE_MEMORY))}"
            )
            raise ValueError(message)
        offered = FARGATE_MEMORY[self.cpu]
        if self.memory not in offered:
            message = (
                f"Fargate offers no {self.memory} MiB with cpu {self.cpu}; "
                f"choose memory from {', '.join(map(str, offered))}, or another cpu"
            )
            raise ValueError(message)
        return self

    @property
    def named_images(self) -> list[str]:
        """Every image of a task but the pushed one."""
        own = [self.bootstrap_image] if self.bootstrap_image else []
        return [*own, *(sidecar.image for sidecar in self.sidecars)]

    @model_validator(mode="after")
    def _caches_that_are_used(self) -> "Service":
        for prefix in self.pull_through_cache_prefixes:
            if not through_cache(self.named_images, [prefix]):
                message = (
                    f"pullThroughCachePrefixes names {prefix}, and no image of this service is in a private ECR registry "
                    f"under {prefix}/ (the pushed image never comes through a cache): remove it, or correct the image"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _test_traffic_for_its_hook(self) -> "Service":
        """CodeDeploy User Guide, tutorial-ecs-with-hooks-create-second-listener: validation needs a second listener."""
        if self.rollout.hooks.after_allow_test_traffic is not None and self.load_balancer.test_port is None:
            message = (
                "rollout.hooks.afterAllowTestTraffic is called while a test listener points to green, and there is no "
                "loadBalancer.testPort: give one, or take another hook such as afterInstall"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _one_protocol_for_each_port(self) -> "Service":
        check = self.health_check
        if check.port in (None, self.port) and check.protocol not in (None, self.protocol):
            message = (
                f"healthCheck.protocol {check.protocol} is not what the container speaks on port {self.port} "
                f"(protocol {self.protocol}): no check would succeed; leave it out, or give healthCheck.port"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _names_once(self) -> "Service":
        names = [self.container, *(sidecar.name for sidecar in self.sidecars)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"container name {', '.join(twice)} is used twice in one task; give each container its own name"
            raise ValueError(message)
        for where in (self, *self.sidecars):
            shared = sorted(set(where.environment) & set(where.secrets))
            if shared:
                message = f"{', '.join(shared)} is in environment and in secrets; a variable has one source: keep one of them"
                raise ValueError(message)
        return self

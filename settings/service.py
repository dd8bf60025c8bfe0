"""One service on Fargate: behind a load balancer, or a worker without one."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from documents.images import through_cache
from documents.strategies import MOST_TARGET_GROUPS, Strategy
from settings import adopting, moving
from settings.base import KmsKeys, Port, RetentionDays, Statements
from settings.container import Container, ContainerName, Sidecar
from settings.existing import Existing
from settings.healthcheck import HealthCheck, Protocol
from settings.image_reference import ImageReference
from settings.load_balancer import LoadBalancer
from settings.rollout import Mover, Rollout
from settings.service_connect import Endpoint, ServiceConnect
from settings.target_group import TargetGroup

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

CachePrefix = Annotated[
    str,
    Field(
        min_length=2,
        max_length=30,
        pattern=r"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$",
    ),
]
"""Repository prefix of a pull through cache rule (Amazon ECR API Reference, CreatePullThroughCacheRule)."""


class Service(Container):
    """What runs, how large, behind what, and how it gets to a new version."""

    cluster: str = Field(pattern=r"^[A-Za-z0-9_-]{1,255}$", description="Name of an existing ECS cluster.")
    cpu: int = Field(description="CPU units of a task: 256 is a quarter of a vCPU.")
    memory: int = Field(description="Memory of a task in MiB.")
    architecture: Literal["X86_64", "ARM64"] = Field(
        default="X86_64", description="CPU architecture of image, task and build."
    )
    container: ContainerName = Field(
        default="app", description="Name of the container that runs the pushed image."
    )
    port: Port = Field(default=8080, description="Port the container listens on; a worker's on none.")
    protocol: Protocol = Field(default="HTTP", description="What the container speaks on this port.")
    user: str | None = Field(
        default=None, min_length=1, description="User the container runs as; default: the image's."
    )
    stop_timeout_seconds: int = Field(
        default=30, ge=2, le=120, description="Seconds between TERM and KILL when a task stops."
    )
    health_check: HealthCheck = Field(default=HealthCheck(), description="Load balancer health check.")
    secrets_kms_keys: KmsKeys = Field(default=[])
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
    load_balancer: LoadBalancer | None = Field(
        default=None, description="Where traffic comes from; without one the service is a worker."
    )
    further_target_groups: list[TargetGroup] = Field(
        default=[],
        max_length=MOST_TARGET_GROUPS - 1,
        description="Target groups of others that the tasks are in besides; by ECS's `rolling` only.",
    )
    service_connect: ServiceConnect | None = Field(
        default=None, description="Service Connect: names by which services find each other; by ECS only."
    )
    existing: Existing | None = Field(
        default=None,
        description="A service that others made: only its delivery is declared here, and what it needs is looked at before each release.",
    )
    rollout: Rollout = Field(default=Rollout(), description="How it gets to a new version.")
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
        description="Image that runs until the first release: a copy of ruby:3-alpine; default: the one on ECR Public.",
    )
    pull_through_cache_prefixes: list[CachePrefix] = Field(
        default=[],
        description="Prefixes of ECR pull through cache rules that images named here come through; the first pull fills them.",
    )
    log_retention_days: RetentionDays = Field(default=90, description="Days the service's log is kept.")

    @model_validator(mode="after")
    def _fits_fargate(self) -> "Service":
        if self.cpu not in FARGATE_MEMORY:
            raise ValueError(
                f"cpu {self.cpu} is not a Fargate size; choose one of {', '.join(map(str, FARGATE_MEMORY))}"
            )
        offered = FARGATE_MEMORY[self.cpu]
        if self.memory not in offered:
            raise ValueError(
                f"Fargate offers no {self.memory} MiB with cpu {self.cpu}; "
                f"choose memory from {', '.join(map(str, offered))}, or another cpu"
            )
        return self

    @property
    def shares(self) -> str | None:
        """The service of this stack whose listener it shares, if it does."""
        return self.load_balancer.shares if self.load_balancer else None

    @property
    def takes_traffic(self) -> bool:
        """Whether its traffic is moved; a worker has none, and of others' services only CodeDeploy's are known to have."""
        return self.load_balancer is not None or bool(self.existing and self.existing.traffic)

    def called(self, own: str) -> str:
        """Name of the ECS service: `own`, unless others have named it."""
        return self.existing.service if self.existing else own

    @property
    def mover(self) -> Mover:
        """Who moves it to a new version."""
        return self.rollout.by or (Mover.CODEDEPLOY if self.takes_traffic else Mover.ECS)

    @property
    def strategy(self) -> Strategy:
        """How ECS moves it, where ECS does."""
        return self.rollout.strategy or (Strategy.BLUE_GREEN if self.takes_traffic else Strategy.ROLLING)

    @model_validator(mode="after")
    def _a_rollout_that_fits(self) -> "Service":
        given = self.model_fields_set
        findings = [
            *(adopting.besides(self.existing, self.rollout, given) if self.existing else ()),
            *(
                moving.with_traffic(self.rollout)
                if self.takes_traffic
                else moving.without_traffic(
                    self.rollout, () if self.existing else given, connected=bool(self.endpoints)
                )
            ),
            *(
                moving.by_codedeploy(self.rollout)
                if self.mover is Mover.CODEDEPLOY
                else moving.by_ecs(self.rollout, self.strategy, self.desired_count)
            ),
        ]
        findings += moving.beside(
            self.mover,
            self.strategy,
            [one.arn for one in self.further_target_groups],
            connected=self.service_connect is not None,
        )
        if findings:
            raise ValueError(findings[0])
        return self

    @property
    def endpoints(self) -> list[Endpoint]:
        """What other services reach of it by name."""
        return self.service_connect.endpoints if self.service_connect else []

    @property
    def ports(self) -> list[tuple[int, str]]:
        """Ports that the container answers on, the one for traffic first, each with its protocol; a worker's on none of its own."""
        found: dict[int, str] = {}
        if self.takes_traffic:
            check = self.health_check
            found[self.port] = self.protocol
            found.setdefault(check.port or self.port, check.protocol or self.protocol)
        elif self.existing and "port" in self.model_fields_set:
            found[self.port] = self.protocol
        for other in (*self.endpoints, *self.further_target_groups):
            found.setdefault(other.port or self.port, self.protocol)
        return list(found.items())

    @property
    def named_images(self) -> list[str]:
        """Every image of a task but the pushed one."""
        own = [self.bootstrap_image] if self.bootstrap_image else []
        return [*own, *(sidecar.image for sidecar in self.sidecars)]

    @model_validator(mode="after")
    def _caches_that_are_used(self) -> "Service":
        for prefix in self.pull_through_cache_prefixes:
            if not through_cache(self.named_images, [prefix]):
                raise ValueError(
                    f"pullThroughCachePrefixes names {prefix}, and no image of this service is in a private ECR registry "
                    f"under {prefix}/ (the pushed image never comes through a cache): remove it, or correct the image"
                )
        return self

    @model_validator(mode="after")
    def _test_traffic_for_its_hook(self) -> "Service":
        """CodeDeploy User Guide, tutorial-ecs-with-hooks-create-second-listener: validation needs a second listener."""
        balancer = self.load_balancer
        if balancer and self.rollout.hooks.after_allow_test_traffic and not balancer.is_tested:
            raise ValueError(
                "rollout.hooks.afterAllowTestTraffic is called while a test listener points to green, and there is neither "
                "loadBalancer.testPort nor loadBalancer.listener.test: give one, or take another hook such as afterInstall"
            )
        return self

    @model_validator(mode="after")
    def _one_protocol_for_each_port(self) -> "Service":
        check = self.health_check
        if check.port in (None, self.port) and check.protocol not in (None, self.protocol):
            raise ValueError(
                f"healthCheck.protocol {check.protocol} is not what the container speaks on port {self.port} "
                f"(protocol {self.protocol}): no check would succeed; leave it out, or give healthCheck.port"
            )
        return self

    @model_validator(mode="after")
    def _names_once(self) -> "Service":
        names = [self.container, *(sidecar.name for sidecar in self.sidecars)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"container name {', '.join(twice)} is used twice in one task; give each container its own name"
            )
        return self

"""A service that others made: what the delivery has to know of it, and the little that is declared for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.image_repository import ImageRepository
from components.kit.stack import Stack
from components.kit.task import Task, TaskArgs, adopt_task
from documents import arns
from settings.existing import Existing, Traffic, balancer_of


@dataclass(frozen=True, kw_only=True)
class AdoptedServiceArgs:
    """What it needs from the rest of the stack."""

    stack: Stack
    key: str
    """Name of the service in the settings."""
    existing: Existing
    repository: ImageRepository
    """Where its image comes from."""


@dataclass(frozen=True)
class Named:
    """A target group or a rule that is there, by what its ARN says."""

    arn: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    """As CloudWatch names it."""
    name: pulumi.Output[str]

    @classmethod
    def of(cls, arn: str) -> "Named":
        """What an ARN says."""
        resource = arns.parse(arn).resource
        known = pulumi.Output.from_input
        return cls(known(arn), known(resource), known(resource.split("/")[1]))


@dataclass(frozen=True, kw_only=True)
class AdoptedFront:
    """What stands in front of it; nothing of it is declared."""

    load_balancer_arn: pulumi.Output[str]
    url: pulumi.Output[str]
    """The load balancer's ARN: its name is not known here."""
    listener_arn: pulumi.Output[str]
    test_listener_arn: pulumi.Output[str] | None
    target_group_1: Named
    target_group_2: Named
    rules: Sequence[Named]
    """Rules of the listeners that forward to the service."""

    @classmethod
    def of(cls, traffic: Traffic) -> "AdoptedFront":
        """What the settings say of it."""
        known, test = pulumi.Output.from_input, traffic.test_listener_arn
        owner, _, _ = traffic.listener_arn.partition(":listener/")
        balancer = known(f"{owner}:loadbalancer/{balancer_of(traffic.listener_arn)}")
        blue, green = traffic.target_group_arns
        return cls(
            load_balancer_arn=balancer,
            url=balancer,
            listener_arn=known(traffic.listener_arn),
            test_listener_arn=known(test) if test else None,
            target_group_1=Named.of(blue),
            target_group_2=Named.of(green),
            rules=[Named.of(one) for one in traffic.rule_arns],
        )


class AdoptedService(pulumi.ComponentResource):
    """Log group and template of a service whose ECS service, roles and target groups are there."""

    service_name: pulumi.Output[str]
    """Name of the ECS service."""
    front: AdoptedFront | None
    """What stands in front of it; None where ECS itself moves it, whatever stands there."""
    task: Task
    """What runs."""

    def __init__(
        self, name: str, args: AdoptedServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare what is missing for a delivery."""
        super().__init__("delivery:index:AdoptedService", name, {}, opts)
        traffic = args.existing.traffic
        self.front = AdoptedFront.of(traffic) if traffic else None
        self.task = adopt_task(
            name,
            TaskArgs(stack=args.stack, key=args.key, repository_arn=args.repository.arn, reached_from=None),
            args.existing,
            pulumi.ResourceOptions(parent=self),
        )
        self.service_name = pulumi.Output.from_input(args.existing.service)
        self.register_outputs({"serviceName": self.service_name, "taskDefinition": self.task.template})

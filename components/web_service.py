"""One web service on Fargate: its task, what stands in front of it, and the ECS service itself.

The first revision runs a tiny public image. From the first release on the running revision belongs to whoever moves traffic,
and every change to what runs goes through the templates; the ECS service ignores what a rollout changes, and nothing else.
"""

from dataclasses import dataclass
from typing import Protocol

import pulumi

from components.image_repository import ImageRepository
from components.kit.fargate_service import fargate_service
from components.kit.stack import Stack
from components.kit.task import NewTask, TaskArgs, declare_task
from components.rollouts.ownership import Equipment, Ownership
from components.service_front import ServiceFront, ServiceFrontArgs


class Mover(Protocol):
    """Who moves its traffic."""

    @property
    def ownership(self) -> Ownership:
        """What belongs to it."""
        ...

    def equip(self, front: ServiceFront) -> Equipment:
        """What the ECS service behind `front` is made with."""
        ...


@dataclass(frozen=True, kw_only=True)
class WebServiceArgs:
    """What the service needs from the rest of the stack."""

    stack: Stack
    key: str
    """Name of the service in the settings."""
    repository: ImageRepository
    """Where its image comes from."""
    mover: Mover
    """Who moves its traffic."""
    shares: ServiceFront | None = None
    """The front whose listener it shares, where that is another service's of the stack."""


class WebService(pulumi.ComponentResource):
    """An ECS service behind a load balancer, ready for whoever moves its traffic."""

    service_name: pulumi.Output[str]
    """Name of the ECS service."""
    front: ServiceFront
    """What stands in front of it."""
    task: NewTask
    """What runs."""

    def __init__(self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the service and everything it alone needs."""
        super().__init__("delivery:index:WebService", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.front = ServiceFront(
            name,
            ServiceFrontArgs(
                stack=args.stack, key=args.key, ownership=args.mover.ownership, shares=args.shares
            ),
            inside,
        )
        self.task = declare_task(
            name,
            TaskArgs(
                stack=args.stack,
                key=args.key,
                repository_arn=args.repository.arn,
                reached_from=self.front.security_group_id,
            ),
            inside,
        )
        equipment = args.mover.equip(self.front)
        self.service_name = fargate_service(
            name, args.stack, args.key, self.task, args.mover.ownership, equipment, inside
        ).name
        self.register_outputs(
            {
                "serviceName": self.service_name,
                "executionRoleArn": self.task.execution_role_arn,
                "taskRoleArn": self.task.task_role_arn,
                "taskDefinition": self.task.template,
            }
        )

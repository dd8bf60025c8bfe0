"""One worker on Fargate: its task and the ECS service itself; nothing stands in front of it.

Its first revision does nothing at all until the first release (docs/decisions/0062).
"""

from dataclasses import dataclass

import pulumi

from components.image_repository import ImageRepository
from components.kit.fargate_service import fargate_service
from components.kit.stack import Stack
from components.kit.task import NewTask, TaskArgs, declare_task
from components.rollouts.ecs import ByEcs


@dataclass(frozen=True, kw_only=True)
class WorkerArgs:
    """What the worker needs from the rest of the stack."""

    stack: Stack
    key: str
    """Name of the service in the settings."""
    repository: ImageRepository
    """Where its image comes from."""
    mover: ByEcs
    """Who moves it to a new version."""


class Worker(pulumi.ComponentResource):
    """An ECS service without a load balancer."""

    front: None = None
    """What stands in front of it."""
    service_name: pulumi.Output[str]
    """Name of the ECS service."""
    task: NewTask
    """What runs."""

    def __init__(self, name: str, args: WorkerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the worker and everything it alone needs."""
        super().__init__("delivery:index:Worker", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.task = declare_task(
            name,
            TaskArgs(stack=args.stack, key=args.key, repository_arn=args.repository.arn, reached_from=None),
            inside,
        )
        equipment = args.mover.equip(None)
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

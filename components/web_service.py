"""One web service on Fargate: its task, what stands in front of it, and the ECS service itself.

The first revision runs a tiny public image. From the first release on the running revision belongs to whoever moves traffic,
and every change to what runs goes through the templates; the ECS service ignores what a rollout changes, and nothing else.
"""

from dataclasses import dataclass

import pulumi
from pulumi_aws import ecs

from components.image_repository import ImageRepository
from components.kit.stack import Stack
from components.kit.task import Task, TaskArgs, declare_task
from components.rollouts.ownership import Ownership
from components.service_front import ServiceFront, ServiceFrontArgs


@dataclass(frozen=True, kw_only=True)
class WebServiceArgs:
    """What the service needs from the rest of the stack."""

    stack: Stack
    key: str
    """Name of the service in the settings."""
    repository: ImageRepository
    """Where its image comes from."""
    ownership: Ownership
    """What of it belongs to whoever moves traffic."""


class WebService(pulumi.ComponentResource):
    """An ECS service behind a load balancer, ready for whoever moves its traffic."""

    service_name: pulumi.Output[str]
    """Name of the ECS service."""
    front: ServiceFront
    """What stands in front of it."""
    task: Task
    """What runs."""

    def __init__(self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the service and everything it alone needs."""
        super().__init__("delivery:index:WebService", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.front = ServiceFront(
            name, ServiceFrontArgs(stack=args.stack, key=args.key, ownership=args.ownership), inside
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
        self.service_name = self._service(name, args, inside).name
        self.register_outputs(
            {
                "serviceName": self.service_name,
                "executionRoleArn": self.task.execution_role_arn,
                "taskRoleArn": self.task.task_role_arn,
                "taskDefinition": self.task.template,
            }
        )

    def _service(self, name: str, args: WebServiceArgs, inside: pulumi.ResourceOptions) -> ecs.Service:
        """The ECS service; CodeDeploy needs the production listener in front of blue before it is made.

        What a rollout changes is ignored, and the number of tasks where something else scales (docs/decisions/0003).
        """
        stack, others = args.stack, list(args.ownership.of_service)
        service = stack.settings.services[args.key]
        return ecs.Service(
            f"{name}-service",
            name=stack.names.service(args.key),
            cluster=stack.place.arn("ecs", f"cluster/{service.cluster}"),
            task_definition=self.task.first_revision_arn,
            desired_count=service.desired_count,
            launch_type="FARGATE",
            deployment_controller={"type": args.ownership.controller},
            health_check_grace_period_seconds=service.health_check.grace_period_seconds,
            load_balancers=[
                {
                    "target_group_arn": self.front.target_group_1.arn,
                    "container_name": service.container,
                    "container_port": service.port,
                }
            ],
            network_configuration={
                "subnets": stack.settings.network.private_subnet_ids,
                "security_groups": [self.task.security_group_id],
                "assign_public_ip": False,
            },
            propagate_tags="SERVICE",
            opts=pulumi.ResourceOptions.merge(
                inside,
                pulumi.ResourceOptions(
                    protect=stack.settings.release.protect,
                    depends_on=[*self.task.before, self.front.production_listener],
                    ignore_changes=[*others, "desired_count"] if service.autoscaled else others,
                ),
            ),
        )

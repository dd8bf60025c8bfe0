"""An ECS service on Fargate, however it gets to a new version."""

import pulumi
from pulumi_aws import ecs

from components.kit.stack import Stack
from components.kit.task import NewTask
from components.rollouts.ownership import Equipment, Ownership


def fargate_service(  # noqa: PLR0913, PLR0917  (what a service is made of)
    name: str,
    stack: Stack,
    key: str,
    task: NewTask,
    ownership: Ownership,
    equipment: Equipment,
    inside: pulumi.ResourceOptions,
) -> ecs.Service:
    """The ECS service of `key` in the settings.

    What a rollout changes is ignored, and the number of tasks where something else scales (docs/decisions/0003).
    """
    service, others = stack.settings.services[key], list(ownership.of_service)
    return ecs.Service(
        f"{name}-service",
        name=stack.names.service(key),
        cluster=stack.place.arn("ecs", f"cluster/{service.cluster}"),
        task_definition=task.first_revision_arn,
        desired_count=service.desired_count,
        launch_type="FARGATE",
        deployment_controller={"type": ownership.controller},
        network_configuration={
            "subnets": stack.settings.network.private_subnet_ids,
            "security_groups": task.security_group_ids,
            "assign_public_ip": False,
        },
        propagate_tags="SERVICE",
        **equipment.arguments,
        opts=pulumi.ResourceOptions.merge(
            inside,
            pulumi.ResourceOptions(
                protect=stack.settings.release.protect,
                depends_on=[*task.before, *equipment.before],
                ignore_changes=[*others, "desired_count"] if service.autoscaled else others,
            ),
        ),
    )

"""A target group that somebody else made, for a service's tasks to be in besides."""

from pydantic import Field

from settings.base import Group, Port, SecurityGroupId


class TargetGroup(Group):
    """An existing target group of type ip (Amazon ECS Developer Guide, register-multiple-targetgroups)."""

    arn: str = Field(
        pattern=r"^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/[A-Za-z0-9-]+/[0-9a-f]+$",
        description="ARN of a target group of type ip, behind a load balancer already.",
    )
    port: Port | None = Field(default=None, description="Port of the container; default: the service's.")
    security_group_id: SecurityGroupId | None = Field(
        default=None, description="Security group that its traffic comes from; none where another opens it."
    )

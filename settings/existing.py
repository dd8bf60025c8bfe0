"""A service that others made and own: only its delivery is declared here."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from documents import arns
from settings.base import Group, SecurityGroupId, no_repeats

_ELB = r"^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}"

ListenerArn = Annotated[str, Field(pattern=rf"{_ELB}:listener/app/[A-Za-z0-9-]+/[0-9a-f]+/[0-9a-f]+$")]
RuleArn = Annotated[
    str, Field(pattern=rf"{_ELB}:listener-rule/app/[A-Za-z0-9-]+/[0-9a-f]+/[0-9a-f]+/[0-9a-f]+$")
]
TargetGroupArn = Annotated[str, Field(pattern=rf"{_ELB}:targetgroup/[A-Za-z0-9-]{{1,32}}/[0-9a-f]+$")]
RoleArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$")]

PAIR = 2
"""Target groups of a blue/green service (CodeDeploy User Guide, deployment-groups-create-load-balancer-for-ecs)."""


class Traffic(Group):
    """What stands in front of it, where CodeDeploy moves its traffic."""

    listener_arn: ListenerArn = Field(
        description="Production listener; it, or one of its rules, forwards to the target group that serves."
    )
    rule_arns: Annotated[list[RuleArn], AfterValidator(no_repeats)] = Field(
        default=[],
        description="Rules of that listener that forward to the service, where its default action does not: CodeDeploy may move them.",
    )
    test_listener_arn: ListenerArn | None = Field(
        default=None, description="Test listener of the same load balancer."
    )
    target_group_arns: Annotated[list[TargetGroupArn], AfterValidator(no_repeats)] = Field(
        min_length=PAIR,
        max_length=PAIR,
        description="Both target groups, of target type `ip`; which of them serves is seen at each release.",
    )
    security_group_ids: Annotated[list[SecurityGroupId], AfterValidator(no_repeats)] = Field(
        min_length=1,
        max_length=5,
        description="Security groups of the tasks, which take the load balancer's traffic and reach the database.",
    )

    @model_validator(mode="after")
    def _one_load_balancer(self) -> "Traffic":
        if self.test_listener_arn == self.listener_arn:
            raise ValueError(
                f"testListenerArn {self.test_listener_arn!r} is the production listener; CodeDeploy needs another (CodeDeploy User Guide, "
                "deployment-groups-create-load-balancer-for-ecs): name the test listener, or leave it out"
            )
        if self.test_listener_arn and balancer_of(self.test_listener_arn) != balancer_of(self.listener_arn):
            raise ValueError(
                f"testListenerArn {self.test_listener_arn!r} is on another load balancer than listenerArn {self.listener_arn!r}, and a target "
                "group belongs to one (Elastic Load Balancing User Guide, load-balancer-limits): name a listener of the same"
            )
        for rule in self.rule_arns:
            listener = rule.rpartition("/")[0].replace(":listener-rule/", ":listener/")
            if listener not in (self.listener_arn, self.test_listener_arn):
                raise ValueError(
                    f"ruleArns names {rule!r}, a rule of neither listener: name rules of {self.listener_arn}"
                )
        return self


class Existing(Group):
    """An ECS service that is there, its roles, and what CodeDeploy has to know of its traffic."""

    service: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,255}$",
        description="Name of the ECS service in `cluster`: of controller CODE_DEPLOY with `traffic`, of controller ECS without.",
    )
    execution_role_arn: RoleArn = Field(
        description="Role ECS starts its tasks with: it may pull the repository, read the secrets and write to the service's log group."
    )
    task_role_arn: RoleArn = Field(description="Role of the application itself.")
    traffic: Traffic | None = Field(
        default=None,
        description="Where CodeDeploy moves its traffic; left out, ECS moves it as the service itself says.",
    )

    @property
    def roles(self) -> tuple[str, str]:
        """ARNs of the execution role and of the task role."""
        return self.execution_role_arn, self.task_role_arn


def balancer_of(listener: str) -> str:
    """What a listener's ARN says of its load balancer: `app/name/id`, as CloudWatch names it."""
    return arns.parse(listener).resource.removeprefix("listener/").rpartition("/")[0]

"""The CodeDeploy service role at work: every call CodeDeploy would make, authorized by declared policies.

Which calls: aws-managed-policy/latest/reference/AWSCodeDeployRoleForECS. On which resources:
service-authorization/latest/reference/list_amazonelasticcontainerservice (DeleteTaskSet on the task set, DescribeServices and
UpdateServicePrimaryTaskSet on the service; CreateTaskSet knows no resource, only the keys of cluster, service and task
definition), list_elasticloadbalancingv2, list_amazoncloudwatch, list_awslambda. Where a page leaves a doubt, the narrower
reading counts, as it does in `documents/grants.py`: a policy that passes here must pass there.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.ecs.running_service import Service
from rehearsal.ecs.task import TASKS
from rehearsal.identity.authority import AccessDenied
from rehearsal.world.cloud import Cloud

CODEDEPLOY = "codedeploy.amazonaws.com"

_SERVICES = {
    "ecs": "AmazonECS",
    "elasticloadbalancing": "AmazonElasticLoadBalancingV2",
    "cloudwatch": "AmazonCloudWatch",
    "lambda": "AWSLambda",
    "iam": "AmazonECS",
}


class RoleRefused(Exception):
    """The service role may not do what the deployment needs; the text is CodeDeploy's and then IAM's."""


def expect_trust(cloud: Cloud, role_arn: str) -> None:
    """Raise RoleRefused when a role's trust policy does not let CodeDeploy assume it."""
    try:
        cloud.authority.assume(role_arn, CODEDEPLOY)
    except AccessDenied as denied:
        raise RoleRefused(
            f"AWS CodeDeploy does not have the permissions required to assume the role {role_arn}. ({denied})"
        ) from denied


class ServiceRole:
    """One deployment's use of its group's service role."""

    def __init__(self, cloud: Cloud, group: DeploymentGroup, service: Service) -> None:
        """Assume the role; RoleRefused when its trust policy does not let CodeDeploy."""
        self._cloud = cloud
        self._group = group
        self._service = service
        expect_trust(cloud, group.role_arn)

    def describe(self) -> None:
        """Look at service, target groups, listeners and rules; the last three have no resource but `*`."""
        self._may("ecs:DescribeServices", self._service.arn, self._cluster())
        for noun in ("TargetGroups", "Listeners", "Rules"):
            self._may(f"elasticloadbalancing:Describe{noun}", "*")

    def describe_alarms(self) -> None:
        """Read the state of the group's alarms, which is decided on all alarms of the account."""
        self._may("cloudwatch:DescribeAlarms", self._cloud.place.arn("cloudwatch", "alarm:*"))

    def modify(self, route: str) -> None:
        """Change a listener's default action, or the action of one of its rules."""
        operation = "ModifyRule" if ":listener-rule/" in route else "ModifyListener"
        self._may(f"elasticloadbalancing:{operation}", route)

    def create_task_set(self, definition: Mapping[str, Any]) -> None:
        """Create green, and pass both roles of its task definition to ECS tasks."""
        context = {
            **self._cluster(),
            "ecs:service": self._service.arn,
            "ecs:task-definition": str(definition["taskDefinitionArn"]),
        }
        self._may("ecs:CreateTaskSet", "*", context)
        for key in ("executionRoleArn", "taskRoleArn"):
            if definition.get(key):
                self._may("iam:PassRole", str(definition[key]), {"iam:PassedToService": TASKS})

    def update_primary(self) -> None:
        """Make green primary."""
        self._may("ecs:UpdateServicePrimaryTaskSet", self._service.arn, self._cluster())

    def delete_task_set(self, arn: str) -> None:
        """Delete a task set."""
        self._may("ecs:DeleteTaskSet", arn, {**self._cluster(), "ecs:service": self._service.arn})

    def invoke(self, function: str) -> None:
        """Invoke a hook's Lambda function, given by name or ARN."""
        cloud = self._cloud
        arn = function
        if not function.startswith("arn:"):
            arn = cloud.place.arn("lambda", f"function:{function}")
        self._may("lambda:InvokeFunction", arn)

    def _cluster(self) -> dict[str, str]:
        prefix = self._service.arn.split(":service/")[0]
        return {"ecs:cluster": f"{prefix}:cluster/{self._service.cluster}"}

    def _may(self, action: str, resource: str, context: Mapping[str, Any] | None = None) -> None:
        try:
            self._cloud.authority.authorize(self._group.role_arn, action, resource, context or {})
        except AccessDenied as denied:
            service = _SERVICES[action.partition(":")[0]]
            raise RoleRefused(
                f"The IAM role {self._group.role_arn} does not give you permission to perform operations in "
                f"the following AWS service: {service}. ({denied})"
            ) from denied

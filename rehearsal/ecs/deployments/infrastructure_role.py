"""The infrastructure role at work: every call that ECS makes of Elastic Load Balancing for a service, authorized by declared policies.

Which calls: aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForLoadBalancers. On which resources:
service-authorization/latest/reference/list_elasticloadbalancingv2 (what describes knows none). Words:
AmazonECS/latest/developerguide/troubleshooting-blue-green ("Permission issues"). A default rule is changed by ModifyListener, any
other one by ModifyRule: AWS's policy allows both, and its example of a refusal names the former.
"""

from collections.abc import Callable

from rehearsal.ecs.deployments.routes import routes_of
from rehearsal.ecs.registration import RegistrationRefused
from rehearsal.ecs.running_service import Service
from rehearsal.elb.rule import default_rule_arn, listener_of_rule
from rehearsal.identity.authority import AccessDenied
from rehearsal.world.cloud import Cloud

SERVICE = "ecs.amazonaws.com"
"""The service principal that the role must trust."""

DESCRIBED = ("TargetGroups", "Listeners", "Rules")


class RoleRefused(Exception):
    """The role may not do what a deployment needs; the text is ECS's and then IAM's."""


class InfrastructureRole:
    """One service's use of the role in its load balancers' `advancedConfiguration`."""

    def __init__(self, cloud: Cloud, service: Service, role_arn: str) -> None:
        """Act as a role; nothing is asked yet."""
        self._cloud = cloud
        self._service = service
        self._role = role_arn

    def describe(self) -> None:
        """Assume the role, and look at groups, listeners and rules."""
        refused = f"ECS was unable to manage the ELB resources due to missing permissions on ECS Infrastructure Role '{self._role}'."
        try:
            self._cloud.authority.assume(self._role, SERVICE)
            for noun in DESCRIBED:
                self._may(f"Describe{noun}", "*")
        except AccessDenied as denied:
            raise RoleRefused(f"{refused} ({denied})") from denied

    def forward(self, rule: str) -> None:
        """Change where a rule forwards."""
        listener = listener_of_rule(rule)
        try:
            if rule == default_rule_arn(listener):
                self._may("ModifyListener", listener)
            else:
                self._may("ModifyRule", rule)
        except AccessDenied as denied:
            raise RoleRefused(str(denied)) from denied

    def keep_targets(self, action: str, target_group: str) -> None:
        """Register or deregister targets, and look at their health; RegistrationRefused with ECS's service event."""
        name = target_group.rpartition(":targetgroup/")[2].partition("/")[0]
        for one, resource, doing in (
            (action, target_group, "register targets in"),
            ("DescribeTargetHealth", "*", "describe target health on"),
        ):
            try:
                self._may(one, resource)
            except AccessDenied as denied:
                said = f"failed to {doing} target-group {name} with (error {denied})"
                self._service.note(said)
                raise RegistrationRefused(f"service {self._service.name} {said}") from denied

    def _may(self, action: str, resource: str) -> None:
        self._cloud.authority.authorize(self._role, f"elasticloadbalancing:{action}", resource, {})


def keeper(cloud: Cloud, service: Service) -> Callable[[str, str], None]:
    """Who asks leave for a service's targets: its infrastructure role where it has one, else ECS's own, which may."""

    def allow(action: str, target_group: str) -> None:
        for route in routes_of(service.balancers):
            if target_group in route.groups:
                InfrastructureRole(cloud, service, route.role).keep_targets(action, target_group)

    return allow

"""What is live and not Pulumi's any more: what a release left behind on an ECS service and its listener.

CodeDeploy registers a task definition of its own, makes it the service's and moves the listener to the other target group
(CodeDeploy User Guide, deployment-steps-ecs), so a refresh sees values that no program declared. Where ECS deploys a service itself,
its task definition is another, and its load balancers stay as they were declared.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.ecs.running_service import CODE_DEPLOY, Service
from rehearsal.ecs.service import SERVICE, EcsServices
from rehearsal.elb.kinds import LISTENER, RULE
from rehearsal.elb.listener import rule_of
from rehearsal.elb.service import TARGET_GROUP, LoadBalancers
from rehearsal.world.cloud import Declared
from rehearsal.world.declared_blocks import blocks


class LiveParts:
    """Reads running services and listeners, and lets them follow an update."""

    def __init__(self, services: EcsServices, load_balancers: LoadBalancers) -> None:
        """Look at these."""
        self._services = services
        self._load_balancers = load_balancers

    def of(self, declared: Declared) -> Mapping[str, Any]:
        """The properties of a resource that a release may have changed, as they are now; nothing for other types."""
        if declared.type == SERVICE:
            return self._service(declared)
        if declared.type == LISTENER and self._load_balancers.opened(declared.arn):
            weights = self._load_balancers.weights(declared.arn)
            return {"defaultActions": [_action(weights)]} if weights else {}
        if declared.type == RULE and self._load_balancers.has_rule(declared.arn):
            weights = self._load_balancers.weights(declared.arn)
            return {} if weights == rule_of(declared).action.weights else {"actions": [_weighted(weights)]}
        return {}

    def follow(self, declared: Declared) -> None:
        """Take over from a resource that was made or updated what can run or be changed (ECS API Reference, UpdateService).

        A service on a load balancer that was declared after everything had been started has nothing to stand behind.
        """
        if declared.type == TARGET_GROUP:
            self._load_balancers.follow(declared)
        if declared.type == RULE:
            self._follow_rule(declared)
        if declared.type != SERVICE:
            return
        running = self._running(declared)
        if running is None:
            groups = {str(one.get("targetGroupArn")) for one in blocks(declared.inputs.get("loadBalancers"))}
            if groups <= set(self._load_balancers.target_groups()):
                self._services.create_service(declared)
        else:
            self._services.redeclare(declared)

    def end(self, declared: Declared) -> None:
        """Stop what ran of a resource that is deleted."""
        if declared.type == SERVICE and (running := self._running(declared)):
            self._services.delete_service(running)
        if declared.type == RULE and self._load_balancers.has_rule(declared.arn):
            self._load_balancers.remove_rule(declared.arn)

    def _follow_rule(self, declared: Declared) -> None:
        """ModifyRule and SetRulePriorities as the provider calls them; a rule on groups or a listener that came later is not open."""
        rule, known = rule_of(declared), self._load_balancers
        if known.opened(rule.listener) and set(rule.action.weights) <= set(known.target_groups()):
            known.put_rule(rule)

    def _service(self, declared: Declared) -> Mapping[str, Any]:
        running = self._running(declared)
        if running is None:
            return {}
        primary = running.primary
        declares = blocks(declared.inputs.get("loadBalancers"))
        if running.controller == CODE_DEPLOY:
            declares = [{**one, "targetGroupArn": primary.blueprint.target_group} for one in declares]
        return {
            "taskDefinition": primary.task_definition,
            "loadBalancers": declares,
            "desiredCount": running.desired_count,
        }

    def _running(self, declared: Declared) -> Service | None:
        """None for a service that was declared after everything had been started."""
        cluster = str(declared.inputs["cluster"]).rpartition("/")[2]
        try:
            return self._services.service(cluster, str(declared.outputs["name"]))
        except LookupError:
            return None


def _action(weights: Mapping[str, int]) -> dict[str, Any]:
    """A default action as DescribeListeners answers it: one group by its ARN, several with weights."""
    able = {arn: weight for arn, weight in weights.items() if weight > 0}
    if len(able) == 1:
        return {"type": "forward", "targetGroupArn": next(iter(able))}
    return _weighted(weights)


def _weighted(weights: Mapping[str, int]) -> dict[str, Any]:
    groups = [{"arn": arn, "weight": weight} for arn, weight in weights.items()]
    return {"type": "forward", "forward": {"targetGroups": groups}}

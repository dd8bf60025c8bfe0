"""ECS itself for one service: how it gets to a new version, and what moves it back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, ecs

from components.artifact_store import ArtifactStore
from components.kit.role import Granted, granted_role
from components.kit.stack import Stack
from components.kit.task import Task
from components.rollouts.alarms import traffic_alarms
from components.rollouts.ecs_rollout import EcsRollout
from components.rollouts.ownership import Equipment, Ownership
from components.rollouts.service_connect import service_connect
from components.service_front import ServiceFront
from components.web_service import WebService
from documents import grants
from documents.policy import Statement, trust
from documents.strategies import Strategy
from settings import moving
from settings.lifecycle_hook import LifecycleHook
from settings.rollout import Rolling
from settings.service import Service


@dataclass(frozen=True, kw_only=True)
class EcsDeploymentArgs:
    """What ECS's own deployments need from the rest of the stack."""

    stack: Stack
    key: str
    """Name of the service in the settings."""
    front: ServiceFront | None
    """None for a worker."""

    @property
    def service(self) -> Service:
        """The service that is moved."""
        return self.stack.settings.services[self.key]


class EcsDeployment(pulumi.ComponentResource):
    """A role with which ECS moves traffic and calls hooks, and the alarms that move traffic back; a worker may need neither."""

    equipment: Equipment
    """What the ECS service is made with."""

    def __init__(
        self, name: str, args: EcsDeploymentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare role and alarms."""
        super().__init__("delivery:index:EcsDeployment", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        statements = _statements(args)
        role = (
            granted_role(
                name,
                args.stack.names.traffic_role(args.key),
                trust("ecs.amazonaws.com"),
                statements,
                inside,
            )
            if statements
            else None
        )
        names = args.stack.names
        # CloudWatch gives an alarm of a name that is there to whoever asks last, without a word; IAM refuses the role.
        after = pulumi.ResourceOptions.merge(
            inside, pulumi.ResourceOptions(depends_on=[role.role] if role else [])
        )
        alarms = (
            traffic_alarms(name, args.stack, args.key, args.front, names.rollout_alarm, after)
            if args.front
            else []
        )
        self.equipment = Equipment(
            arguments={
                **_deployment(args.service, role),
                **_limits(args.service),
                **_heeded(args.stack, alarms),
                **(_behind(args.service, args.front, role) if args.front else {}),
                "service_connect_configuration": service_connect(args.stack, args.key),
            },
            before=[
                *(role.policies if role else ()),
                *(args.front.before if args.front else ()),
            ],
        )
        self.register_outputs({})


class ByEcs:
    """ECS itself as the answer for one service: said before it is there, and after."""

    def __init__(self, stack: Stack, key: str) -> None:
        """For the service `key` of the settings."""
        self._stack = stack
        self._key = key
        self._service = stack.settings.services[key]

    @property
    def ownership(self) -> Ownership:
        """What ECS changes with every release: which revision runs, and the weights of the rules.

        Its target groups stay as they are in the service's record whichever is live, so Pulumi keeps them.
        """
        beside = self._service.strategy.beside
        return Ownership(
            controller="ECS",
            of_service=("task_definition",),
            of_listeners=("default_actions",) if beside else (),
            of_rules=("actions",) if beside else (),
            needs_rule=beside,
        )

    def equip(self, front: ServiceFront | None) -> Equipment:
        """What the ECS service is made with."""
        args = EcsDeploymentArgs(stack=self._stack, key=self._key, front=front)
        return EcsDeployment(f"{self._key}-deployment", args).equipment

    def rollout(self, web: WebService, artifacts: ArtifactStore) -> "EcsRollout":  # noqa: ARG002  (the other answer's)
        """What moves the declared web service."""
        return self.rollout_of(web.task)

    def rollout_of(self, task: Task) -> "EcsRollout":
        """What moves a declared service with this task."""
        return EcsRollout(stack=self._stack, key=self._key, task=task)


def _deployment(service: Service, role: Granted | None) -> dict[str, Any]:
    """The strategy with its steps, waits and hooks (Amazon ECS API Reference, DeploymentConfiguration)."""
    rollout, strategy = service.rollout, service.strategy
    configuration: ecs.ServiceDeploymentConfigurationArgsDict = {"strategy": strategy.api}
    bake = moving.bake_minutes(rollout, strategy)
    if bake is not None:
        configuration["bake_time_in_minutes"] = str(bake)
    if strategy is Strategy.CANARY and rollout.canary:
        configuration["canary_configuration"] = {
            "canary_percent": rollout.canary.percent,
            "canary_bake_time_in_minutes": str(rollout.canary.interval_minutes),
        }
    if strategy is Strategy.LINEAR and rollout.linear:
        configuration["linear_configuration"] = {
            "step_percent": rollout.linear.percent,
            "step_bake_time_in_minutes": str(rollout.linear.interval_minutes),
        }
    if rollout.lifecycle_hooks:
        configuration["lifecycle_hooks"] = [_hook(one, role) for one in rollout.lifecycle_hooks]
    return {"deployment_configuration": configuration}


def _hook(
    hook: LifecycleHook, role: Granted | None
) -> ecs.ServiceDeploymentConfigurationLifecycleHookArgsDict:
    made: ecs.ServiceDeploymentConfigurationLifecycleHookArgsDict = {
        "lifecycle_stages": [stage.value for stage in hook.stages]
    }
    if hook.pause is not None:
        made["target_type"] = "PAUSE"
        made["timeout_configuration"] = {
            "timeout_in_minutes": str(hook.pause.timeout_minutes),
            "action": hook.pause.on_timeout,
        }
    elif role is not None:
        made["target_type"] = "AWS_LAMBDA"
        made["hook_target_arn"] = hook.function
        made["role_arn"] = role.arn
        if hook.details:
            made["hook_details"] = json.dumps(hook.details)
    return made


def _limits(service: Service) -> dict[str, Any]:
    """How many tasks run meanwhile; a rolling deployment whose tasks do not stay is rolled back.

    The circuit breaker is for this strategy only (Amazon ECS API Reference, DeploymentConfiguration).
    """
    if service.strategy.beside:
        return {}
    rolling = service.rollout.rolling or Rolling()
    return {
        "deployment_minimum_healthy_percent": rolling.minimum_healthy_percent,
        "deployment_maximum_percent": rolling.maximum_percent,
        "deployment_circuit_breaker": {"enable": True, "rollback": True},
    }


def _heeded(stack: Stack, alarms: Sequence[cloudwatch.MetricAlarm]) -> dict[str, Any]:
    """The alarms that fail a deployment (Amazon ECS Developer Guide, deployment-alarm-failure)."""
    if not alarms:
        return {}
    enabled = stack.settings.release.alarms.enabled
    return {
        "alarms": {
            "alarm_names": [alarm.name for alarm in alarms],
            "enable": enabled,
            "rollback": enabled,
        }
    }


def _behind(service: Service, front: ServiceFront, role: Granted | None) -> dict[str, Any]:
    """Where traffic comes from (Amazon ECS Developer Guide, alb-resources-for-blue-green)."""
    balancer: ecs.ServiceLoadBalancerArgsDict = {
        "target_group_arn": front.target_group_1.arn,
        "container_name": service.container,
        "container_port": service.port,
    }
    if front.production_rule is not None and role is not None:
        advanced: ecs.ServiceLoadBalancerAdvancedConfigurationArgsDict = {
            "alternate_target_group_arn": front.target_group_2.arn,
            "production_listener_rule": front.production_rule.arn,
            "role_arn": role.arn,
        }
        if front.test_rule is not None:
            advanced["test_listener_rule"] = front.test_rule.arn
        balancer["advanced_configuration"] = advanced
    others: list[ecs.ServiceLoadBalancerArgsDict] = [
        {
            "target_group_arn": one.arn,
            "container_name": service.container,
            "container_port": one.port or service.port,
        }
        for one in service.further_target_groups
    ]
    return {
        "load_balancers": [balancer, *others],
        "health_check_grace_period_seconds": service.health_check.grace_period_seconds,
    }


def _statements(args: EcsDeploymentArgs) -> list[Statement]:
    """What ECS does with the role: move the weights of the rules, fill the two groups, call hooks."""
    front = args.front
    moved = (
        grants.shift_weights(
            [front.target_group_1.arn, front.target_group_2.arn],
            [rule.arn for rule in front.rules],
            [arn for arn in (front.listener_arn, front.test_listener_arn) if arn is not None],
        )
        if front and front.rules
        else []
    )
    called = {hook.function: hook.function for hook in args.service.rollout.lifecycle_hooks if hook.function}
    return [*moved, *grants.call_hooks(called)]

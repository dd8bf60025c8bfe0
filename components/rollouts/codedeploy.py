"""CodeDeploy for one web service: how traffic moves to a new version, and what moves it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import codedeploy

from components.adopted_service import AdoptedFront, AdoptedService
from components.artifact_store import ArtifactStore
from components.kit.role import granted_role
from components.kit.stack import Stack
from components.release_function import ReleaseFunction
from components.rollouts.alarms import traffic_alarms
from components.rollouts.ownership import Equipment, Ownership
from components.service_front import ServiceFront
from components.web_service import WebService
from documents import action_grants, appspec, artifact_grants, grants
from documents.actions import Action, Handed, Released, codedeploy_action
from documents.descriptor import DeploymentDescriptor
from documents.policy import Statement, trust
from documents.taskdef import IMAGE_PLACEHOLDER
from documents.templates import appspec_file, taskdef_file
from documents.traffic_shift import Routing
from settings.service import Service


@dataclass(frozen=True, kw_only=True)
class BlueGreenDeploymentArgs:
    """What the deployment group needs from the rest of the stack."""

    stack: Stack
    key: str
    """Name of the service in the settings."""
    web: WebService | AdoptedService
    artifacts: ArtifactStore

    @property
    def service(self) -> Service:
        """The service whose traffic moves."""
        return self.stack.settings.services[self.key]

    @property
    def front(self) -> ServiceFront | AdoptedFront:
        """What its traffic comes through; ValueError where nobody has said so."""
        if self.web.front is None:
            raise ValueError(f"services.{self.key} has no traffic that is known here")
        return self.web.front

    @property
    def configuration(self) -> str:
        """Name of the deployment configuration: one of CodeDeploy's, or the stack's own."""
        rollout = self.service.rollout
        if rollout.own is None:
            return rollout.traffic_shift.value
        return self.stack.names.deployment_configuration(self.key, rollout.own.words)


class ByCodeDeploy:
    """CodeDeploy as the answer for one web service: said before its ECS service is there, and after."""

    ownership = Ownership(
        controller="CODE_DEPLOY",
        of_service=("task_definition", "load_balancers", "network_configuration"),
        of_listeners=("default_actions",),
        of_rules=("actions",),
    )
    """What CodeDeploy changes with every release."""

    def __init__(self, stack: Stack, key: str) -> None:
        """For the service `key` of the settings."""
        self._stack = stack
        self._key = key

    def equip(self, front: ServiceFront) -> Equipment:
        """The service begins behind the first target group; CodeDeploy needs the listener or rule in front of it."""
        service = self._stack.settings.services[self._key]
        behind = {
            "target_group_arn": front.target_group_1.arn,
            "container_name": service.container,
            "container_port": service.port,
        }
        return Equipment(
            arguments={
                "load_balancers": [behind],
                "health_check_grace_period_seconds": service.health_check.grace_period_seconds,
            },
            before=front.before,
        )

    def rollout(self, web: WebService | AdoptedService, artifacts: ArtifactStore) -> "BlueGreenDeployment":
        """What moves the service."""
        args = BlueGreenDeploymentArgs(stack=self._stack, key=self._key, web=web, artifacts=artifacts)
        return BlueGreenDeployment(f"{self._key}-deployment", args)


class BlueGreenDeployment(pulumi.ComponentResource):
    """A CodeDeploy application and its one deployment group, with the alarms that stop it and roll it back."""

    application: pulumi.Output[str]
    """Name of the CodeDeploy application."""
    group: pulumi.Output[str]
    """Name of the deployment group."""
    described: DeploymentDescriptor | None
    """Both names, as operators are told them."""
    by_function: Sequence[Statement] = ()
    """CodeDeploy has an action of AWS's own, which asks nothing of the release function."""
    looked_at: Sequence[Statement]
    """What the release function must be allowed to look at before a release."""
    templates: Mapping[str, pulumi.Output[str]]
    """Text of each file that a deployment reads, by its name."""

    def __init__(
        self, name: str, args: BlueGreenDeploymentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare application, group, role and alarms."""
        super().__init__("delivery:index:BlueGreenDeployment", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self._args = args
        physical = args.stack.names.service(args.key)
        application = codedeploy.Application(
            f"{name}-application", name=physical, compute_platform="ECS", opts=inside
        )
        group = self._group(name, application, inside)
        self.application = application.name
        self.group = group.deployment_group_name
        self.described = DeploymentDescriptor(code_deploy_application=physical, deployment_group=physical)
        self.templates = {
            taskdef_file(args.key): args.web.task.template,
            appspec_file(args.key): args.web.task.security_group_ids.apply(
                lambda groups: _appspec(args, groups)
            ),
        }
        self.looked_at = [grants.read_deployments(args.stack.place, physical), *_seen(args)]
        self.register_outputs({"application": self.application, "group": self.group})

    def action(
        self,
        released: Released,
        templates: Handed,
        run_order: int,
        function: ReleaseFunction | None,  # noqa: ARG002  (the other answer's)
    ) -> Action:
        """Deploys the released image with the templates of the same execution."""
        key, stack, task = self._args.key, self._args.stack, self._args.web.task
        name = stack.names.service(key)
        return codedeploy_action(
            name=f"Deploy-{key}",
            application=self.application,
            group=self.group,
            templates=templates.artifact,
            task_definition=taskdef_file(key),
            appspec=appspec_file(key),
            images={IMAGE_PLACEHOLDER: released.artifact},
            run_order=run_order,
            needs=[
                *action_grants.deploy_to_ecs(stack.place, name, name, self._args.configuration),
                grants.register_task_definitions(),
                grants.pass_roles(
                    [task.execution_role_arn, task.task_role_arn],
                    ["ecs.amazonaws.com", "ecs-tasks.amazonaws.com"],
                ),
            ],
        )

    def _group(
        self, name: str, application: codedeploy.Application, inside: pulumi.ResourceOptions
    ) -> codedeploy.DeploymentGroup:
        args, release = self._args, self._args.stack.settings.release
        names = args.stack.names
        role = granted_role(
            name, names.deploy_role(args.key), trust("codedeploy.amazonaws.com"), _statements(args), inside
        )
        # CloudWatch gives an alarm of a name that is there to whoever asks last, without a word; IAM refuses the role.
        after = pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[role.role]))
        alarms = traffic_alarms(name, args.stack, args.key, args.front, names.alarm, after)
        return codedeploy.DeploymentGroup(
            f"{name}-group",
            app_name=application.name,
            deployment_group_name=names.service(args.key),
            service_role_arn=role.arn,
            deployment_config_name=_configuration(name, args, inside),
            deployment_style={"deployment_type": "BLUE_GREEN", "deployment_option": "WITH_TRAFFIC_CONTROL"},
            ecs_service={"cluster_name": args.service.cluster, "service_name": args.web.service_name},
            load_balancer_info={"target_group_pair_info": _routes(args.front)},
            blue_green_deployment_config={
                "deployment_ready_option": {"action_on_timeout": "CONTINUE_DEPLOYMENT"},
                "terminate_blue_instances_on_deployment_success": {
                    "action": "TERMINATE",
                    "termination_wait_time_in_minutes": release.blue_retention_minutes,
                },
            },
            auto_rollback_configuration={
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            },
            alarm_configuration={
                "enabled": release.alarms.enabled,
                "alarms": [alarm.name for alarm in alarms],
                "ignore_poll_alarm_failure": False,
            },
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=role.policies)),
        )


def _configuration(
    name: str, args: BlueGreenDeploymentArgs, inside: pulumi.ResourceOptions
) -> pulumi.Input[str]:
    """The configuration's name, known only once a configuration of the stack's own has been made."""
    own = args.service.rollout.own
    if own is None:
        return args.configuration
    increment = {"percentage": own.percent, "interval": own.minutes}
    routing = codedeploy.DeploymentConfigTrafficRoutingConfigArgs(
        type=own.routing.value,
        time_based_canary=codedeploy.DeploymentConfigTrafficRoutingConfigTimeBasedCanaryArgs(**increment)
        if own.routing is Routing.CANARY
        else None,
        time_based_linear=codedeploy.DeploymentConfigTrafficRoutingConfigTimeBasedLinearArgs(**increment)
        if own.routing is Routing.LINEAR
        else None,
    )
    return codedeploy.DeploymentConfig(
        f"{name}-configuration",
        deployment_config_name=args.configuration,
        compute_platform="ECS",
        traffic_routing_config=routing,
        opts=inside,
    ).deployment_config_name


def _appspec(args: BlueGreenDeploymentArgs, groups: Sequence[str]) -> str:
    target = appspec.Target(
        container=args.service.container,
        port=args.service.port,
        subnets=args.stack.settings.network.private_subnet_ids,
        security_groups=groups,
    )
    return appspec.text(appspec.appspec(target, args.service.rollout.hooks.given()))


def _statements(args: BlueGreenDeploymentArgs) -> list[Statement]:
    front, task, place = args.front, args.web.task, args.stack.place
    key = args.stack.settings.release.artifact_key_arn
    name = args.stack.names.service(args.key)
    listeners, rules = _moved(front)
    return [
        *grants.shift_traffic(place, args.service.cluster, args.service.called(name), listeners, rules),
        grants.read_alarms(place),
        *grants.call_hooks(args.service.rollout.hooks.given()),
        grants.read_revisions(args.artifacts.artifact_objects),
        *([artifact_grants.read_with_key(key)] if key else []),
        grants.pass_roles([task.execution_role_arn, task.task_role_arn], ["ecs-tasks.amazonaws.com"]),
    ]


def _moved(
    front: ServiceFront | AdoptedFront,
) -> tuple[list[pulumi.Output[str]], list[pulumi.Output[str]]]:
    """ARNs of the listeners and of the rules whose actions CodeDeploy changes."""
    if isinstance(front, AdoptedFront):
        found = [arn for arn in (front.listener_arn, front.test_listener_arn) if arn is not None]
        return found, [rule.arn for rule in front.rules]
    routes = (
        (front.listener_arn, front.production_rule),
        *([(front.test_listener_arn, front.test_rule)] if front.test_listener_arn is not None else ()),
    )
    return (
        [listener for listener, rule in routes if rule is None],
        [rule.arn for _, rule in routes if rule is not None],
    )


def _seen(args: BlueGreenDeploymentArgs) -> list[Statement]:
    """What of a service that others made is looked at before a release."""
    existing = args.service.existing
    if existing is None:
        return []
    service = args.stack.place.arn("ecs", f"service/{args.service.cluster}/{existing.service}")
    return [*grants.look_at_traffic(service), *grants.look_at_roles(existing.roles)]


def _routes(
    front: ServiceFront | AdoptedFront,
) -> codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoArgsDict:
    routes: codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoArgsDict = {
        "prod_traffic_route": {"listener_arns": [front.listener_arn]},
        "target_groups": [{"name": front.target_group_1.name}, {"name": front.target_group_2.name}],
    }
    if front.test_listener_arn is not None:
        routes["test_traffic_route"] = {"listener_arns": [front.test_listener_arn]}
    return routes

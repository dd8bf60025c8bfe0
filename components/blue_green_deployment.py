"""CodeDeploy for one web service: how traffic moves to a new version, and what moves it back."""

from typing import TypedDict

import pulumi
from pulumi_aws import cloudwatch, codedeploy, lb

from components.role import granted_role
from components.web_service import WebService
from documents import grants
from documents.alarms import PERIOD
from documents.names import Names
from documents.place import Place
from documents.policy import trust
from settings.release import Release
from settings.service import Service


class BlueGreenDeploymentArgs(TypedDict):
    """What the deployment group needs from the rest of the stack."""

    key: str
    """Name of the service in the settings."""
    service: Service
    release: Release
    names: Names
    place: Place
    web: WebService
    artifact_objects: pulumi.Input[str]
    """ARN pattern of the pipeline's artifacts."""


class BlueGreenDeployment(pulumi.ComponentResource):
    """A CodeDeploy application and its one deployment group, with the alarms that stop it and roll it back."""

    application: pulumi.Output[str]
    """Name of the CodeDeploy application."""
    group: pulumi.Output[str]
    """Name of the deployment group."""

    def __init__(
        self, name: str, args: BlueGreenDeploymentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare application, group, role and alarms."""
        super().__init__("delivery:index:BlueGreenDeployment", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        physical = args["names"].service(args["key"])
        application = codedeploy.Application(
            f"{name}-application", name=physical, compute_platform="ECS", opts=inside
        )
        role = granted_role(
            name, f"{physical}-deploy", trust("codedeploy.amazonaws.com"), _statements(args), inside
        )
        front = args["web"].front
        alarms = [
            *_alarms(f"{name}-1", f"{physical}-1", args, front.target_group_1, inside),
            *_alarms(f"{name}-2", f"{physical}-2", args, front.target_group_2, inside),
        ]
        group = codedeploy.DeploymentGroup(
            f"{name}-group",
            app_name=application.name,
            deployment_group_name=physical,
            service_role_arn=role.arn,
            deployment_config_name=args["service"].rollout.traffic_shift.value,
            deployment_style={"deployment_type": "BLUE_GREEN", "deployment_option": "WITH_TRAFFIC_CONTROL"},
            ecs_service={"cluster_name": args["service"].cluster, "service_name": args["web"].service_name},
            load_balancer_info={"target_group_pair_info": _routes(args["web"])},
            blue_green_deployment_config={
                "deployment_ready_option": {"action_on_timeout": "CONTINUE_DEPLOYMENT"},
                "terminate_blue_instances_on_deployment_success": {
                    "action": "TERMINATE",
                    "termination_wait_time_in_minutes": args["release"].blue_retention_minutes,
                },
            },
            auto_rollback_configuration={
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            },
            alarm_configuration={
                "enabled": args["release"].alarms.enabled,
                "alarms": [alarm.name for alarm in alarms],
                "ignore_poll_alarm_failure": False,
            },
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=role.policies)),
        )
        self.application = application.name
        self.group = group.deployment_group_name
        self.register_outputs({"application": self.application, "group": self.group})


def _statements(args: BlueGreenDeploymentArgs) -> list[grants.Statement]:
    web, place, key = args["web"], args["place"], args["release"].artifact_key_arn
    listeners = [arn for arn in (web.front.listener_arn, web.front.test_listener_arn) if arn is not None]
    return [
        *grants.shift_traffic(place, args["service"].cluster, args["names"].service(args["key"]), listeners),
        grants.read_alarms(place),
        *grants.call_hooks(args["service"].rollout.hooks.given()),
        grants.read_revisions(args["artifact_objects"]),
        *([grants.read_with_key(key)] if key else []),
        grants.pass_roles([web.execution_role_arn, web.task_role_arn], ["ecs-tasks.amazonaws.com"]),
    ]


def _routes(web: WebService) -> codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoArgsDict:
    front = web.front
    routes: codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoArgsDict = {
        "prod_traffic_route": {"listener_arns": [front.listener_arn]},
        "target_groups": [{"name": front.target_group_1.name}, {"name": front.target_group_2.name}],
    }
    if front.test_listener_arn is not None:
        routes["test_traffic_route"] = {"listener_arns": [front.test_listener_arn]}
    return routes


def _alarms(
    name: str,
    physical: str,
    args: BlueGreenDeploymentArgs,
    target_group: lb.TargetGroup,
    inside: pulumi.ResourceOptions,
) -> list[cloudwatch.MetricAlarm]:
    """Server errors and unhealthy hosts of one target group; both groups are watched, because the roles swap.

    Metrics: Elastic Load Balancing User Guide, load-balancer-cloudwatch-metrics. A group without targets reports
    nothing, which is no alarm.
    """
    alarms = args["release"].alarms
    dimensions = {
        "LoadBalancer": args["web"].front.load_balancer_arn.apply(_load_balancer_dimension),
        "TargetGroup": target_group.arn_suffix,
    }
    server_errors = cloudwatch.MetricAlarm(
        f"{name}-server-errors",
        name=f"{physical}-server-errors",
        alarm_description="The application answers with 5xx",
        namespace="AWS/ApplicationELB",
        metric_name="HTTPCode_Target_5XX_Count",
        dimensions=dimensions,
        statistic="Sum",
        period=PERIOD,
        evaluation_periods=1,
        threshold=alarms.server_errors,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        opts=inside,
    )
    unhealthy = cloudwatch.MetricAlarm(
        f"{name}-unhealthy",
        name=f"{physical}-unhealthy",
        alarm_description="A target fails its health check for longer than a start may take",
        namespace="AWS/ApplicationELB",
        metric_name="UnHealthyHostCount",
        dimensions=dimensions,
        statistic="Maximum",
        period=PERIOD,
        evaluation_periods=alarms.unhealthy_minutes or args["service"].health_check.slow_start_minutes,
        threshold=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        opts=inside,
    )
    return [server_errors, unhealthy]


def _load_balancer_dimension(arn: str) -> str:
    return arn.split(":loadbalancer/")[1]

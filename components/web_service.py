"""One web service on Fargate: what it may do, where it logs, and the ECS service itself.

The first revision runs a tiny public image. From the first release on the running revision belongs to CodeDeploy, and
every change to what runs goes through the templates; the ECS service ignores what CodeDeploy changes, and nothing else.
"""

import json
from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi
from pulumi_aws import cloudwatch, ec2, ecs

from components.database_access import open_database
from components.refusing import refusing
from components.role import Granted, granted_role
from components.service_front import ServiceFront
from documents import appspec, grants, taskdef
from documents.bootstrap import bootstrap_container
from documents.images import repository_arns, through_cache
from documents.limits import LONGEST_REPOSITORY, check_task_definition
from documents.names import Names
from documents.place import Place
from documents.policy import Statement, trust, trust_account
from documents.secrets import keys_of
from documents.shapes import check_input
from settings.network import Network
from settings.service import Service


class WebServiceArgs(TypedDict):
    """What the service needs from the rest of the stack."""

    key: str
    """Name of the service in the settings."""
    service: Service
    network: Network
    names: Names
    place: Place
    repository_arn: pulumi.Input[str]
    protect: bool
    """Whether Pulumi refuses to delete what takes traffic."""


class WebService(pulumi.ComponentResource):
    """An ECS service behind a load balancer, ready for CodeDeploy."""

    service_name: pulumi.Output[str]
    """Name of the ECS service."""
    execution_role_arn: pulumi.Output[str]
    """Role ECS pulls, reads secrets and logs with."""
    task_role_arn: pulumi.Output[str]
    """Role the application itself has."""
    task_definition: pulumi.Output[str]
    """Text of the task definition template."""
    appspec: pulumi.Output[str]
    """Text of the AppSpec template."""

    def __init__(self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the service and everything it alone needs."""
        super().__init__("delivery:index:WebService", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        service, names = args["service"], args["names"]
        self.front = ServiceFront(
            name, {"service": service, "network": args["network"], "protect": args["protect"]}, inside
        )
        log_group = cloudwatch.LogGroup(
            f"{name}-log",
            name=names.log_group(args["key"]),
            retention_in_days=service.log_retention_days,
            opts=inside,
        )
        group = self._security_group(name, args, inside)
        execution, task = _roles(name, args, inside)
        self.execution_role_arn, self.task_role_arn = execution.arn, task.arn
        _refuse_what_ecs_would(args)
        pieces = pulumi.Output.all(execution.arn, task.arn)
        self.task_definition = pieces.apply(lambda roles: _template(args, roles[0], roles[1]))
        self.appspec = group.id.apply(lambda group_id: _appspec(args, group_id))
        ecs_service = self._service(
            name, args, [log_group, *execution.policies, *task.policies], group, inside
        )
        self.service_name = ecs_service.name
        self.register_outputs(
            {
                "serviceName": self.service_name,
                "executionRoleArn": self.execution_role_arn,
                "taskRoleArn": self.task_role_arn,
                "taskDefinition": self.task_definition,
                "appspec": self.appspec,
            }
        )

    def _security_group(
        self, name: str, args: WebServiceArgs, inside: pulumi.ResourceOptions
    ) -> ec2.SecurityGroup:
        """Tasks take traffic from the load balancer only.

        On every port: the port in use changes with a release, not with the `pulumi up` before it.
        """
        group = ec2.SecurityGroup(
            f"{name}-group",
            description=f"Tasks of {args['names'].service(args['key'])}",
            vpc_id=args["network"].vpc_id,
            ingress=[
                {
                    "protocol": "tcp",
                    "from_port": 1,
                    "to_port": 65535,
                    "security_groups": [self.front.security_group_id],
                }
            ],
            egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
            opts=inside,
        )
        open_database(name, args["network"].database, group.id, inside)
        return group

    def _service(
        self,
        name: str,
        args: WebServiceArgs,
        first: Sequence[pulumi.Resource],
        group: ec2.SecurityGroup,
        inside: pulumi.ResourceOptions,
    ) -> ecs.Service:
        """The ECS service; CodeDeploy needs the production listener in front of blue before it is made.

        What CodeDeploy changes is ignored, and the number of tasks where something else scales (docs/decisions/0003).
        """
        service = args["service"]
        others = ["task_definition", "load_balancers", "network_configuration"]
        revision = self._first_revision(name, args, inside)
        return ecs.Service(
            f"{name}-service",
            name=args["names"].service(args["key"]),
            cluster=args["place"].arn("ecs", f"cluster/{service.cluster}"),
            task_definition=revision.arn,
            desired_count=service.desired_count,
            launch_type="FARGATE",
            deployment_controller={"type": "CODE_DEPLOY"},
            health_check_grace_period_seconds=service.health_check.grace_period_seconds,
            load_balancers=[
                {
                    "target_group_arn": self.front.target_group_1.arn,
                    "container_name": service.container,
                    "container_port": service.port,
                }
            ],
            network_configuration={
                "subnets": args["network"].private_subnet_ids,
                "security_groups": [group.id],
                "assign_public_ip": False,
            },
            propagate_tags="SERVICE",
            opts=pulumi.ResourceOptions.merge(
                inside,
                pulumi.ResourceOptions(
                    protect=args["protect"],
                    depends_on=[*first, self.front.production_listener],
                    ignore_changes=[*others, "desired_count"] if service.autoscaled else others,
                ),
            ),
        )

    def _first_revision(
        self, name: str, args: WebServiceArgs, inside: pulumi.ResourceOptions
    ) -> ecs.TaskDefinition:
        service = args["service"]
        check = service.health_check
        ports = [(service.port, service.protocol)]
        if check.port is not None and check.port != service.port:
            ports.append((check.port, check.protocol or service.protocol))
        container = bootstrap_container(service.container, ports, service.bootstrap_image)

        def containers(roles: list[str]) -> str:
            return json.dumps(
                taskdef.task_definition(_task(args, roles[0], roles[1]), [container])["containerDefinitions"]
            )

        return ecs.TaskDefinition(
            f"{name}-first-revision",
            family=args["names"].service(args["key"]),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(service.cpu),
            memory=str(service.memory),
            runtime_platform={"cpu_architecture": service.architecture, "operating_system_family": "LINUX"},
            execution_role_arn=self.execution_role_arn,
            task_role_arn=self.task_role_arn,
            container_definitions=pulumi.Output.all(self.execution_role_arn, self.task_role_arn).apply(
                containers
            ),
            opts=inside,
        )


def _roles(name: str, args: WebServiceArgs, inside: pulumi.ResourceOptions) -> tuple[Granted, Granted]:
    """The execution role and the task role (Amazon ECS Developer Guide, task_execution_IAM_role, task-iam-roles).

    Only the second page gives a condition on the account for its trust policy.
    """
    base = args["names"].service(args["key"])
    tasks = "ecs-tasks.amazonaws.com"
    execution = granted_role(
        f"{name}-execution",
        f"{base}-execution",
        trust(tasks),
        _execution_statements(args),
        inside,
        grown_by=f"delivery:services.{args['key']} (secrets, secretsKmsKeys, sidecars, executionRoleStatements)",
    )
    of_account = trust_account(tasks, args["place"].account)
    task = granted_role(
        f"{name}-task",
        f"{base}-task",
        of_account,
        args["service"].task_role_statements,
        inside,
        grown_by=f"delivery:services.{args['key']}.taskRoleStatements",
    )
    return execution, task


def _execution_statements(args: WebServiceArgs) -> list[Statement]:
    service, place = args["service"], args["place"]
    references = [
        *service.secrets.values(),
        *(ref for sidecar in service.sidecars for ref in sidecar.secrets.values()),
    ]
    secrets, parameters = keys_of(references)
    cached = repository_arns(through_cache(service.named_images, service.pull_through_cache_prefixes))
    return [
        *grants.pull([args["repository_arn"], *repository_arns(service.named_images)]),
        *grants.fill_cache(cached),
        grants.write_logs(place, args["names"].log_group(args["key"])),
        *grants.read_secrets(place, secrets, parameters, service.secrets_kms_keys),
        *service.execution_role_statements,
    ]


def _task(args: WebServiceArgs, execution_role: str, task_role: str) -> taskdef.Task:
    service = args["service"]
    return taskdef.Task(
        family=args["names"].service(args["key"]),
        cpu=service.cpu,
        memory=service.memory,
        architecture=service.architecture,
        execution_role=execution_role,
        task_role=task_role,
        log_group=args["names"].log_group(args["key"]),
        region=args["place"].region,
    )


def _template(args: WebServiceArgs, execution_role: str, task_role: str) -> str:
    return taskdef.text(_definition(args, execution_role, task_role))


def _definition(args: WebServiceArgs, execution_role: str, task_role: str) -> dict[str, Any]:
    service = args["service"]
    pushed = taskdef.Container(
        name=service.container,
        image=taskdef.pushed_image(),
        entry_point=service.entry_point,
        command=service.command,
        working_directory=service.working_directory,
        init_process=service.init_process,
        ports=sorted({service.port, service.health_check.port or service.port}),
        user=service.user,
        stop_timeout_seconds=service.stop_timeout_seconds,
        environment=service.environment,
        secrets=service.secrets,
    )
    sidecars = [taskdef.Container(**sidecar.model_dump()) for sidecar in service.sidecars]
    return taskdef.task_definition(_task(args, execution_role, task_role), [pushed, *sidecars])


def _refuse_what_ecs_would(args: WebServiceArgs) -> None:
    """RunError unless ECS takes the definition once a digest stands in it; the roles' ARNs are as long as their names say."""
    place, base = args["place"], args["names"].service(args["key"])
    roles = [
        f"arn:{place.partition}:iam::{place.account}:role/{base}-{role}" for role in ("execution", "task")
    ]
    definition = _definition(args, *roles)
    longest = f"{place.registry}/{'r' * LONGEST_REPOSITORY}@sha256:{'0' * 64}"
    filled = json.loads(json.dumps(definition).replace(taskdef.pushed_image(), longest))
    with refusing():
        check_input("ecs", "RegisterTaskDefinition", definition)
        check_task_definition(
            filled, f"delivery:services.{args['key']} (environment, secrets, command, sidecars)"
        )


def _appspec(args: WebServiceArgs, group_id: str) -> str:
    service = args["service"]
    document = appspec.appspec(
        appspec.Target(
            container=service.container,
            port=service.port,
            subnets=args["network"].private_subnet_ids,
            security_groups=[group_id],
        ),
        service.rollout.hooks.given(),
    )
    return appspec.text(document)

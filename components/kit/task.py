"""What runs: a task's roles, log and security group, the template of its definition, and the first revision of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, ec2, ecs

from components.kit.database_access import open_database
from components.kit.refusing import refusing
from components.kit.role import Granted, granted_role
from components.kit.stack import Stack
from documents import grants, taskdef
from documents.bootstrap import bootstrap_container
from documents.images import repository_arns, through_cache
from documents.limits import LONGEST_REPOSITORY, check_task_definition
from documents.policy import Statement, trust, trust_account
from documents.secrets import keys_of
from documents.shapes import check_input
from settings.existing import Existing
from settings.service import Service

_EVERY_PORT: ec2.SecurityGroupIngressArgsDict = {"protocol": "tcp", "from_port": 1, "to_port": 65535}


@dataclass(frozen=True, kw_only=True)
class TaskArgs:
    """What a task needs from the rest of the stack."""

    stack: Stack
    key: str
    """Name of the service in the settings."""
    repository_arn: pulumi.Input[str]
    """Where its image comes from."""
    reached_from: pulumi.Input[str] | None
    """Security group that its traffic comes from; None for a worker."""

    @property
    def service(self) -> Service:
        """The service whose task it is."""
        return self.stack.settings.services[self.key]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A declared task."""

    execution_role_arn: pulumi.Output[str]
    """Role ECS pulls, reads secrets and logs with."""
    task_role_arn: pulumi.Output[str]
    """Role the application itself has."""
    security_group_ids: pulumi.Output[Sequence[str]]
    """Groups its network interface is in."""
    template: pulumi.Output[str]
    """Text of the task definition template."""


@dataclass(frozen=True, kw_only=True)
class NewTask(Task):
    """A task whose service is made here."""

    first_revision_arn: pulumi.Output[str]
    """What runs until the first release: a tiny public image under the same names."""
    before: list[pulumi.Resource]
    """What must be there before a task can start."""


def declare_task(name: str, args: TaskArgs, inside: pulumi.ResourceOptions) -> NewTask:
    """Declare everything a task needs, `inside` being the options of the component it belongs to.

    RunError when ECS would not take its definition.
    """
    place, names = args.stack.place, args.stack.names
    _refuse_what_ecs_would(
        args,
        [
            place.iam_arn(f"role/{role}")
            for role in (names.execution_role(args.key), names.task_role(args.key))
        ],
    )
    log_group = _log_group(name, args, inside)
    group = _security_group(name, args, inside)
    execution, task = _roles(name, args, inside)
    roles = pulumi.Output.all(execution.arn, task.arn)
    return NewTask(
        execution_role_arn=execution.arn,
        task_role_arn=task.arn,
        security_group_ids=group.id.apply(lambda one: [one]),
        template=roles.apply(lambda arns: taskdef.text(_released(args, arns[0], arns[1]))),
        first_revision_arn=_first_revision(name, args, (execution.arn, task.arn), inside).arn,
        before=[log_group, *execution.policies, *task.policies],
    )


def adopt_task(name: str, args: TaskArgs, existing: Existing, inside: pulumi.ResourceOptions) -> Task:
    """The task of a service that others made: its log group and its template are declared, the rest is there.

    RunError when ECS would not take its definition.
    """
    roles = existing.roles
    _refuse_what_ecs_would(args, roles)
    _log_group(name, args, inside)
    groups = existing.traffic.security_group_ids if existing.traffic else []
    return Task(
        execution_role_arn=pulumi.Output.from_input(roles[0]),
        task_role_arn=pulumi.Output.from_input(roles[1]),
        security_group_ids=pulumi.Output.from_input(groups),
        template=pulumi.Output.from_input(taskdef.text(_released(args, *roles))),
    )


def _log_group(name: str, args: TaskArgs, inside: pulumi.ResourceOptions) -> cloudwatch.LogGroup:
    return cloudwatch.LogGroup(
        f"{name}-log",
        name=args.stack.names.log_group(args.key),
        retention_in_days=args.service.log_retention_days,
        opts=inside,
    )


def _security_group(name: str, args: TaskArgs, inside: pulumi.ResourceOptions) -> ec2.SecurityGroup:
    """Tasks take traffic from the load balancer only, and from what else the settings name; a worker's from nobody.

    On every port: the port in use changes with a release, not with the `pulumi up` before it.
    """
    network, service = args.stack.settings.network, args.service
    others = [one.security_group_id for one in service.further_target_groups if one.security_group_id]
    groups = [*([] if args.reached_from is None else [args.reached_from]), *others]
    clients = service.service_connect.client_cidrs if service.service_connect else []
    ingress: list[ec2.SecurityGroupIngressArgsDict] = [
        *({**_EVERY_PORT, "security_groups": [one]} for one in groups),
        *({**_EVERY_PORT, "cidr_blocks": [one]} for one in clients),
    ]
    group = ec2.SecurityGroup(
        f"{name}-group",
        description=f"Tasks of {args.stack.names.service(args.key)}",
        vpc_id=network.vpc_id,
        ingress=ingress,
        egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
        opts=inside,
    )
    open_database(name, network.database, group.id, inside)
    return group


def _roles(name: str, args: TaskArgs, inside: pulumi.ResourceOptions) -> tuple[Granted, Granted]:
    """The execution role and the task role (Amazon ECS Developer Guide, task_execution_IAM_role, task-iam-roles).

    Only the second page gives a condition on the account for its trust policy.
    """
    names, path = args.stack.names, f"delivery:services.{args.key}"
    tasks = "ecs-tasks.amazonaws.com"
    execution = granted_role(
        f"{name}-execution",
        names.execution_role(args.key),
        trust(tasks),
        _execution_statements(args),
        inside,
        grown_by=f"{path} (secrets, secretsKmsKeys, sidecars, executionRoleStatements)",
    )
    task = granted_role(
        f"{name}-task",
        names.task_role(args.key),
        trust_account(tasks, args.stack.place.account),
        args.service.task_role_statements,
        inside,
        grown_by=f"{path}.taskRoleStatements",
    )
    return execution, task


def _execution_statements(args: TaskArgs) -> list[Statement]:
    service, place = args.service, args.stack.place
    references = [
        *service.secrets.values(),
        *(ref for sidecar in service.sidecars for ref in sidecar.secrets.values()),
    ]
    secrets, parameters = keys_of(references)
    cached = repository_arns(through_cache(service.named_images, service.pull_through_cache_prefixes))
    return [
        *grants.pull([args.repository_arn, *repository_arns(service.named_images)]),
        *grants.fill_cache(cached),
        grants.write_logs(place, args.stack.names.log_group(args.key)),
        *grants.read_secrets(place, secrets, parameters, service.secrets_kms_keys),
        *service.execution_role_statements,
    ]


def _first_revision(
    name: str,
    args: TaskArgs,
    roles: tuple[pulumi.Output[str], pulumi.Output[str]],
    inside: pulumi.ResourceOptions,
) -> ecs.TaskDefinition:
    service = args.service
    container = replace(
        bootstrap_container(service.container, service.ports, service.bootstrap_image),
        port_names=_port_names(service),
    )

    def containers(arns: list[str]) -> str:
        definition = taskdef.task_definition(_shared(args, arns[0], arns[1]), [container])
        return json.dumps(definition["containerDefinitions"])

    return ecs.TaskDefinition(
        f"{name}-first-revision",
        family=args.stack.names.service(args.key),
        requires_compatibilities=["FARGATE"],
        network_mode="awsvpc",
        cpu=str(service.cpu),
        memory=str(service.memory),
        runtime_platform={"cpu_architecture": service.architecture, "operating_system_family": "LINUX"},
        execution_role_arn=roles[0],
        task_role_arn=roles[1],
        container_definitions=pulumi.Output.all(*roles).apply(containers),
        opts=inside,
    )


def _shared(args: TaskArgs, execution_role: str, task_role: str) -> taskdef.Task:
    service, names = args.service, args.stack.names
    return taskdef.Task(
        family=names.service(args.key),
        cpu=service.cpu,
        memory=service.memory,
        architecture=service.architecture,
        execution_role=execution_role,
        task_role=task_role,
        log_group=names.log_group(args.key),
        region=args.stack.place.region,
    )


def _released(args: TaskArgs, execution_role: str, task_role: str) -> dict[str, Any]:
    """The definition that a release registers, a placeholder in the image's place."""
    service = args.service
    pushed = taskdef.Container(
        name=service.container,
        image=taskdef.pushed_image(),
        entry_point=service.entry_point,
        command=service.command,
        working_directory=service.working_directory,
        init_process=service.init_process,
        ports=sorted({port for port, _ in service.ports}),
        port_names=_port_names(service),
        user=service.user,
        stop_timeout_seconds=service.stop_timeout_seconds,
        environment=service.environment,
        secrets=service.secrets,
    )
    sidecars = [taskdef.Container(**sidecar.model_dump()) for sidecar in service.sidecars]
    return taskdef.task_definition(_shared(args, execution_role, task_role), [pushed, *sidecars])


def _port_names(service: Service) -> dict[int, dict[str, str]]:
    """Names of the ports that Service Connect offers."""
    return {
        one.port: {"name": one.name, **({"appProtocol": one.app_protocol} if one.app_protocol else {})}
        for one in service.endpoints
    }


def _refuse_what_ecs_would(args: TaskArgs, roles: Sequence[str]) -> None:
    """RunError unless ECS takes the definition once a digest stands in it; `roles` are ARNs, as long as their names say."""
    definition = _released(args, *roles)
    longest = f"{args.stack.place.registry}/{'r' * LONGEST_REPOSITORY}@sha256:{'0' * 64}"
    filled = json.loads(json.dumps(definition).replace(taskdef.pushed_image(), longest))
    with refusing():
        check_input("ecs", "RegisterTaskDefinition", definition)
        check_task_definition(
            filled, f"delivery:services.{args.key} (environment, secrets, command, sidecars)"
        )

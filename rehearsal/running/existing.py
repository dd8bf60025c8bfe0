"""Services that the stack only delivers to: they stand there before anything is declared, as their owners were told to make them.

Their roles may do what the setting's description asks of them, so a rehearsal says nothing of what the real ones lack; what
a release would stumble on in their service, target groups and listeners, the release function's check looks at for real.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from documents import arns, grants, taskdef
from documents.bootstrap import bootstrap_container
from documents.images import repository_arns
from documents.names import Names
from documents.policy import document, trust
from documents.secrets import keys_of
from rehearsal.ecs.service import SERVICE
from rehearsal.elb.kinds import LISTENER, RULE
from rehearsal.elb.service import TARGET_GROUP
from rehearsal.world.cloud import Cloud, Declared
from settings import Settings
from settings.existing import Existing, Traffic
from settings.service import Service

TASKS = "ecs-tasks.amazonaws.com"
_HTTP = 80


def stand_up(cloud: Cloud, settings: Settings, names: Names) -> None:
    """Put on record what the settings say is there, and give its roles to the authority."""
    for key, service in settings.services.items():
        if service.existing is None:
            continue
        _roles(cloud, settings, names, key)
        for one in (*_front(service, settings), _service(cloud, settings, names, key)):
            cloud.add(one)
        cloud.journal.record("ECS", f"service {service.existing.service} is there already")


def _there(type_: str, arn: str, inputs: Mapping[str, Any]) -> Declared:
    return Declared(f"urn:existing::{type_}::{arn}", type_, arn, arn, inputs, {**inputs, "arn": arn})


def _roles(cloud: Cloud, settings: Settings, names: Names, key: str) -> None:
    service = settings.services[key]
    existing = _of(service)
    place, secrets = cloud.place, [service.secrets, *(one.secrets for one in service.sidecars)]
    asked, parameters = keys_of([reference for one in secrets for reference in one.values()])
    pulled = [place.arn("ecr", f"repository/{settings.image.repository}")]
    may = [
        *grants.pull([*pulled, *repository_arns(service.named_images)]),
        grants.write_logs(place, names.log_group(key)),
        *grants.read_secrets(place, asked, parameters, service.secrets_kms_keys),
    ]
    for role in (existing.execution_role_arn, existing.task_role_arn):
        cloud.authority.put_role(role, trust(TASKS))
    cloud.authority.put_policy(existing.execution_role_arn, "its-owners", document(may))


def _front(service: Service, settings: Settings) -> Iterator[Declared]:
    traffic = _of(service).traffic
    if traffic is None:
        return
    check = service.health_check
    for arn in traffic.target_group_arns:
        yield _there(
            TARGET_GROUP,
            arn,
            {
                "name": arns.parse(arn).resource.split("/")[1],
                "port": _HTTP,
                "protocol": service.protocol,
                "targetType": "ip",
                "vpcId": settings.network.vpc_id,
                "deregistrationDelay": service.stop_timeout_seconds,
                "healthCheck": {
                    "path": check.path,
                    "port": "traffic-port" if check.port is None else str(check.port),
                    "protocol": check.protocol or service.protocol,
                    "matcher": check.status_codes,
                    "interval": check.interval_seconds,
                    "timeout": check.timeout_seconds,
                    "healthyThreshold": check.healthy_threshold,
                    "unhealthyThreshold": check.unhealthy_threshold,
                },
            },
        )
    yield from _listeners(traffic)


def _listeners(traffic: Traffic) -> Iterator[Declared]:
    """Each forwards to the first group, by its default action or by the rules that are named."""
    forward = {"type": "forward", "targetGroupArn": traffic.target_group_arns[0]}
    for port, listener in enumerate((traffic.listener_arn, traffic.test_listener_arn), start=_HTTP):
        if listener is None:
            continue
        rules = [one for one in traffic.rule_arns if one.startswith(f"{_rules_of(listener)}/")]
        alone = {
            "type": "fixed-response",
            "fixedResponse": {"contentType": "text/plain", "statusCode": "404"},
        }
        balancer = listener.rpartition("/")[0].replace(":listener/", ":loadbalancer/")
        inputs = {
            "loadBalancerArn": balancer,
            "port": port,
            "protocol": "HTTP",
            "defaultActions": [alone if rules else forward],
        }
        yield _there(LISTENER, listener, inputs)
        for priority, rule in enumerate(rules, start=1):
            condition = {"pathPattern": {"values": ["*"]}}
            told = {
                "listenerArn": listener,
                "priority": priority,
                "conditions": [condition],
                "actions": [forward],
            }
            yield _there(RULE, rule, told)


def _rules_of(listener: str) -> str:
    return listener.replace(":listener/", ":listener-rule/")


def _service(cloud: Cloud, settings: Settings, names: Names, key: str) -> Declared:
    service = settings.services[key]
    existing, traffic = _of(service), _of(service).traffic
    inputs: dict[str, Any] = {
        "name": existing.service,
        "cluster": cloud.place.arn("ecs", f"cluster/{service.cluster}"),
        "taskDefinition": _first_revision(cloud, settings, names, key),
        "desiredCount": 1,
        "launchType": "FARGATE",
        "deploymentController": {"type": "CODE_DEPLOY" if traffic else "ECS"},
        "networkConfiguration": {
            "subnets": settings.network.private_subnet_ids,
            "securityGroups": traffic.security_group_ids if traffic else [],
        },
    }
    if traffic is not None:
        inputs["loadBalancers"] = [
            {
                "targetGroupArn": traffic.target_group_arns[0],
                "containerName": service.container,
                "containerPort": service.port,
            }
        ]
        inputs["healthCheckGracePeriodSeconds"] = service.health_check.grace_period_seconds
    return _there(SERVICE, cloud.place.arn("ecs", f"service/{service.cluster}/{existing.service}"), inputs)


def _first_revision(cloud: Cloud, settings: Settings, names: Names, key: str) -> str:
    """What runs before the first release of this stack: whatever answers."""
    service, existing = settings.services[key], _of(settings.services[key])
    task = taskdef.Task(
        family=existing.service,
        cpu=service.cpu,
        memory=service.memory,
        architecture=service.architecture,
        execution_role=existing.execution_role_arn,
        task_role=existing.task_role_arn,
        log_group=names.log_group(key),
        region=cloud.place.region,
    )
    container = bootstrap_container(service.container, service.ports, service.bootstrap_image)
    answer = cloud.client("ecs").register_task_definition(**taskdef.task_definition(task, [container]))
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def _of(service: Service) -> Existing:
    if service.existing is None:
        raise ValueError("a service that the stack makes stands nowhere yet")
    return service.existing

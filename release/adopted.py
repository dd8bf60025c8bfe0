"""Whether a service that others made is still what the settings say of it: CodeDeploy and ECS would find out after the migration."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from documents.descriptor import ExistingDescriptor, ServiceDescriptor, TrafficDescriptor
from documents.nested import NOTHING, is_list, is_map, within
from release import service_deployments
from release.aws import Aws, code_of, is_denied, message_of
from release.findings import Finding, Refusal, RefusedError, Unseen
from release.subject import Subject

TASKS = "ecs-tasks.amazonaws.com"
FARGATE = frozenset({"FARGATE", "FARGATE_SPOT"})
_GONE = frozenset({"ListenerNotFound", "RuleNotFound", "TargetGroupNotFound", "ListenerNotFoundException"})


def any_of(subject: Subject) -> bool:
    """Whether there are such services at all."""
    return any(service.existing for service in subject.stack.services.values())


def unfit(subject: Subject) -> Iterator[Finding]:
    """What is otherwise than the stack's file says, of each service that it says is there already."""
    for key, service in subject.stack.services.items():
        if service.existing is None:
            continue
        path = f"services.{key}.existing"
        for role in (service.existing.execution_role, service.existing.task_role):
            yield from _role(subject.aws, role, path)
        if service.existing.traffic is not None:
            yield from _moved_by_codedeploy(subject.aws, service, service.existing, path)


def _role(aws: Aws, arn: str, path: str) -> Iterator[Finding]:
    """Amazon ECS Developer Guide, task_execution_IAM_role and task-iam-roles."""
    try:
        found = aws.client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if is_denied(error):
            yield Unseen(f"role {arn}", message_of(error))
        elif code_of(error) == "NoSuchEntity":
            yield Refusal(f"role {arn}", "there is none of that name", f"make it, or correct {path}")
        else:
            raise
        return
    if found["Arn"] != arn:
        yield Refusal(
            f"role {arn}", f"the role of that name is {found['Arn']}", f"give {path} that ARN, path and all"
        )
    if TASKS not in set(_trusted(found.get("AssumeRolePolicyDocument"))):
        yield Refusal(
            f"role {arn}",
            f"its trust policy does not let {TASKS} assume it, so no task would start",
            f"let its owner trust {TASKS}, or name another role in {path}",
        )


def _trusted(document: Any) -> Iterator[str]:
    """The services that a trust policy allows; boto3 has decoded it."""
    given = document.get("Statement") if is_map(document) else None
    for one in _listed(given):
        if is_map(one) and one.get("Effect") == "Allow":
            yield from map(str, _listed(within(one, "Principal").get("Service")))


def _listed(value: Any) -> list[Any]:
    """IAM takes one of something in place of a list of one."""
    if value is None:
        return []
    return value if is_list(value) else [value]


def _moved_by_codedeploy(
    aws: Aws, service: ServiceDescriptor[str], existing: ExistingDescriptor, path: str
) -> Iterator[Finding]:
    what = f"service {service.service} in {service.cluster}"
    try:
        found = service_deployments.service_of(aws, service)
    except RefusedError as refused:
        yield refused.refusal
        return
    controller = within(found, "deploymentController").get("type", "ECS")
    if controller != "CODE_DEPLOY":
        yield Refusal(
            what,
            f"its deployments are made by {controller}, and CodeDeploy makes those of CODE_DEPLOY only (Amazon ECS Developer Guide, "
            "deployment-type-bluegreen)",
            f"leave {path}.traffic out where it is ECS, or make a service of that controller",
        )
        return
    providers = {one.get("capacityProvider") for one in found.get("capacityProviderStrategy") or ()}
    if found.get("launchType") != "FARGATE" and not (providers and providers <= FARGATE):
        yield Refusal(
            what, "its tasks do not run on Fargate, which the template is for", "make a service on Fargate"
        )
    if existing.traffic is not None:
        yield from _traffic(aws, what, existing.traffic, _serving(found), path)


def _serving(service: Mapping[str, Any]) -> str:
    """Target group of the PRIMARY task set; empty when there is none."""
    for one in service.get("taskSets") or ():
        if one.get("status") == "PRIMARY":
            return str(next(iter(one.get("loadBalancers") or ()), NOTHING).get("targetGroupArn", ""))
    return ""


def _traffic(aws: Aws, what: str, traffic: TrafficDescriptor, serving: str, path: str) -> Iterator[Finding]:
    """CodeDeploy User Guide, deployment-groups-create-load-balancer-for-ecs; Amazon ECS Developer Guide, deployment-type-bluegreen."""
    if serving not in traffic.target_groups:
        seen = f"target group {serving}" if serving else "no target group"
        yield Refusal(
            what,
            f"its PRIMARY task set is behind {seen}, which is none of {path}.traffic.targetGroupArns",
            "name the two groups that its traffic moves between",
        )
    yield from _target_groups(aws, traffic, path)
    listeners = [one for one in (traffic.listener, traffic.test_listener) if one]
    for listener in listeners:
        try:
            rules = aws.client("elbv2").describe_rules(ListenerArn=listener)["Rules"]
        except ClientError as error:
            yield from _not_there(error, f"listener {listener}", path)
            continue
        if listener == traffic.listener and serving in traffic.target_groups:
            yield from _in_front(listener, rules, traffic, serving, path)


def _target_groups(aws: Aws, traffic: TrafficDescriptor, path: str) -> Iterator[Finding]:
    balancer = traffic.listener.rpartition("/")[0].replace(":listener/", ":loadbalancer/")
    for arn in traffic.target_groups:
        try:
            [found] = aws.client("elbv2").describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
        except ClientError as error:
            yield from _not_there(error, f"target group {arn}", path)
            continue
        if found.get("TargetType") != "ip":
            yield Refusal(
                f"target group {arn}",
                f"its target type is {found.get('TargetType')}, and tasks in awsvpc mode are registered by ip (Amazon ECS Developer "
                "Guide, alb)",
                "make one of type ip; the type of a target group never changes",
            )
        others = sorted(set(found.get("LoadBalancerArns") or ()) - {balancer})
        if others:
            yield Refusal(
                f"target group {arn}",
                f"it belongs to {', '.join(others)}, and the listener to {balancer}; a target group has one load balancer",
                f"name a listener and two target groups of one load balancer in {path}.traffic",
            )


def _in_front(
    listener: str, rules: Sequence[Mapping[str, Any]], traffic: TrafficDescriptor, serving: str, path: str
) -> Iterator[Finding]:
    forwarding = [one for one in rules if serving in set(_forwarded(one))]
    if not forwarding:
        yield Refusal(
            f"listener {listener}",
            f"none of its rules forwards to {serving}, which serves now, and CodeDeploy moves only what is there",
            "let its default action, or a rule of it, forward to that target group",
        )
    for rule in forwarding:
        if not rule.get("IsDefault") and rule["RuleArn"] not in traffic.rules:
            yield Refusal(
                f"rule {rule['RuleArn']}",
                "it forwards to the service, and the deployment's role may not move it",
                f"name it in {path}.traffic.ruleArns and run pulumi up",
            )


def _forwarded(rule: Mapping[str, Any]) -> Iterator[str]:
    """Target groups that a rule gives requests to."""
    for action in rule.get("Actions") or ():
        several: Sequence[Mapping[str, Any]] = within(action, "ForwardConfig").get("TargetGroups") or ()
        for one in several:
            if one.get("Weight", 1):
                yield str(one["TargetGroupArn"])
        if not several and action.get("TargetGroupArn"):
            yield str(action["TargetGroupArn"])


def _not_there(error: ClientError, what: str, path: str) -> Iterator[Finding]:
    if is_denied(error):
        yield Unseen(what, message_of(error))
    elif code_of(error) in _GONE:
        yield Refusal(what, "it is not there", f"make it, or correct {path}.traffic")
    else:
        raise error

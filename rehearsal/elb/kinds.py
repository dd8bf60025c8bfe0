"""Load balancers, listeners, rules and target groups: on record, for `rehearsal.elb.service` to open."""

import hashlib
import json
from collections.abc import Iterable

from documents.listener_rules import balancer_of
from rehearsal.elb import action, condition
from rehearsal.errors import AwsRefusal, StackError
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.kind import Inputs, InUse, Kind, Made, arn

LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"
CERTIFICATE = "aws:lb/listenerCertificate:ListenerCertificate"


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _dns_name(cloud: Cloud, name: str) -> str:
    """As ELB makes it up."""
    return f"{name}-{_digits(name)[:9]}.{cloud.place.region}.elb.{cloud.place.dns_suffix}"


def _load_balancer(cloud: Cloud, inputs: Inputs) -> Made:
    suffix = f"app/{inputs['name']}/{_digits(inputs['name'])}"
    made = arn(cloud, "elasticloadbalancing", f"loadbalancer/{suffix}")
    name = _dns_name(cloud, inputs["name"])
    return made, {"arn": made, "arnSuffix": suffix, "dnsName": name, "zoneId": "Z35SXDOTRQ7X7K"}


def _target_group(cloud: Cloud, inputs: Inputs) -> Made:
    suffix = f"targetgroup/{inputs['name']}/{_digits(inputs['name'])}"
    made = arn(cloud, "elasticloadbalancing", suffix)
    return made, {"arn": made, "arnSuffix": suffix}


def named_by(one: Declared) -> str:
    """What a declared listener or rule says of target groups now, as text that holds their ARNs."""
    return json.dumps(one.outputs.get("defaultActions" if one.type == LISTENER else "actions"))


def _refer(cloud: Cloud) -> Iterable[Declared]:
    return (*cloud.declared(LISTENER), *cloud.declared(RULE))


def _remove_target_group(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    """ELB keeps a group that some action refers to (elasticloadbalancing, API_DeleteTargetGroup: ResourceInUse)."""
    for one in _refer(cloud):
        if resource_id in named_by(one):
            raise InUse(
                f"ResourceInUse: Target group '{resource_id}' is currently in use by a listener or a rule"
            )


def _refuse_listener(cloud: Cloud, inputs: Inputs) -> None:
    """A port has one listener, a target group one load balancer (API_CreateListener: DuplicateListener)."""
    for other in cloud.declared(LISTENER):
        same = other.inputs["loadBalancerArn"] == inputs["loadBalancerArn"]
        if same and other.inputs["port"] == inputs["port"]:
            raise InUse("DuplicateListener: A listener already exists on this port for this load balancer")
    _refuse_second_balancer(cloud, str(inputs["loadBalancerArn"]), inputs.get("defaultActions"))


def _refuse_rule(cloud: Cloud, inputs: Inputs) -> None:
    """A listener has one rule of a priority (API_CreateRule: PriorityInUse), a target group one load balancer."""
    _refuse_priority(cloud, "", inputs)
    _refuse_second_balancer(cloud, balancer_of(str(inputs["listenerArn"])), inputs.get("actions"))


def _refuse_priority(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:
    """Also for a rule that is there already: the provider changes one priority at a time (API_SetRulePriorities)."""
    for other in cloud.declared(RULE):
        beside = other.inputs["listenerArn"] == inputs["listenerArn"] and other.id != resource_id
        if beside and inputs.get("priority") and int(other.outputs["priority"]) == int(inputs["priority"]):
            raise InUse(f"PriorityInUse: Priority '{int(inputs['priority'])}' is currently in use")


def _refuse_second_balancer(cloud: Cloud, balancer: str, actions: object) -> None:
    """A target group has one load balancer (API_CreateRule: TargetGroupAssociationLimit)."""
    for group in _read(actions).weights:
        for other in _refer(cloud):
            theirs = str(
                other.inputs.get("loadBalancerArn") or balancer_of(str(other.inputs.get("listenerArn")))
            )
            if theirs != balancer and group in named_by(other):
                raise InUse(
                    "TargetGroupAssociationLimit: The following target groups cannot be associated with more than one load "
                    f"balancer: {group}"
                )


def _listener(cloud: Cloud, inputs: Inputs) -> Made:
    _expect_no_loop(inputs.get("defaultActions"), inputs)
    balancer = str(inputs["loadBalancerArn"]).rpartition(":loadbalancer/")[2]
    port = _digits(f"{balancer}:{inputs['port']}")
    made = arn(cloud, "elasticloadbalancing", f"listener/{balancer}/{port}")
    return made, {"arn": made}


def _rule(cloud: Cloud, inputs: Inputs) -> Made:
    """A rule of its own; without a priority it comes after those that are there, as the provider asks for it."""
    listener = str(inputs["listenerArn"])
    own = [one.inputs for one in cloud.declared(LISTENER) if one.arn == listener]
    _expect_no_loop(inputs.get("actions"), own[0] if own else None)
    told = condition.declared(inputs.get("conditions"))
    try:
        condition.read(told)
    except AwsRefusal as refused:
        raise _not_taken("the conditions of a listener rule", refused) from refused
    there = [one for one in cloud.declared(RULE) if one.inputs["listenerArn"] == listener]
    priority = int(
        inputs.get("priority") or max((int(one.outputs["priority"]) for one in there), default=0) + 1
    )
    known, salt = {one.arn for one in there}, 0
    made = ""
    while not made or made in known:
        digits = _digits(f"{priority}{json.dumps(told)}{salt or ''}")
        made = f"{listener.replace(':listener/', ':listener-rule/')}/{digits}"
        salt += 1
    return made, {"arn": made, "priority": priority}


def _certificate(cloud: Cloud, inputs: Inputs) -> Made:  # noqa: ARG001  (every maker takes the cloud)
    return f"{inputs['listenerArn']}_{inputs['certificateArn']}", {}


def _expect_no_loop(actions: object, listener: Inputs | None) -> None:
    """Hold an action against its listener; of one that is not declared here nothing is known."""
    protocol = "" if listener is None else str(listener.get("protocol") or "HTTP")
    try:
        action.expect_no_loop(_read(actions), protocol, "" if listener is None else str(listener.get("port")))
    except AwsRefusal as refused:
        raise _not_taken("the action of a listener or a rule", refused) from refused


def _read(actions: object) -> action.Action:
    try:
        return action.read(action.declared(actions))
    except AwsRefusal as refused:
        raise _not_taken("the action of a listener or a rule", refused) from refused


def _not_taken(what: str, refused: AwsRefusal) -> StackError:
    return StackError(
        what, f"AWS refuses it: {refused.code}: {refused}", "correct it where the program declares it"
    )


KINDS = {
    "aws:lb/loadBalancer:LoadBalancer": Kind(
        _load_balancer, longest=32, replaced_by=frozenset({"name", "internal", "loadBalancerType"})
    ),
    "aws:lb/targetGroup:TargetGroup": Kind(
        _target_group,
        _remove_target_group,
        longest=32,
        replaced_by=frozenset({"name", "port", "protocol", "targetType", "vpcId"}),
    ),
    LISTENER: Kind(
        _listener, named=None, refuse=_refuse_listener, replaced_by=frozenset({"loadBalancerArn"})
    ),
    CERTIFICATE: Kind(_certificate, named=None, replaced_by=frozenset({"listenerArn", "certificateArn"})),
    RULE: Kind(
        _rule,
        named=None,
        refuse=_refuse_rule,
        refuse_change=_refuse_priority,
        replaced_by=frozenset({"listenerArn"}),
    ),
}

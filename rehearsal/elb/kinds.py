"""Load balancers, listeners and target groups: on record, for `rehearsal.elb.service` to open."""

import hashlib
import json

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, InUse, Kind, Made, arn

LISTENER = "aws:lb/listener:Listener"


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


def _remove_target_group(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    """ELB keeps a group that some action refers to (elasticloadbalancing, API_DeleteTargetGroup: ResourceInUse)."""
    for listener in cloud.declared(LISTENER):
        if resource_id in json.dumps(listener.outputs.get("defaultActions")):
            raise InUse(
                f"ResourceInUse: Target group '{resource_id}' is currently in use by a listener or a rule"
            )


def _refuse_listener(cloud: Cloud, inputs: Inputs) -> None:
    """A port has one listener, a target group one load balancer (API_CreateListener: DuplicateListener, TargetGroupAssociationLimit)."""
    groups = [one for one in _groups(inputs) if one]
    for other in cloud.declared(LISTENER):
        same = other.inputs["loadBalancerArn"] == inputs["loadBalancerArn"]
        if same and other.inputs["port"] == inputs["port"]:
            raise InUse("DuplicateListener: A listener already exists on this port for this load balancer")
        taken = [one for one in groups if one in json.dumps(other.outputs.get("defaultActions"))]
        if taken and not same:
            raise InUse(
                "TargetGroupAssociationLimit: The following target groups cannot be associated with more than one load "
                f"balancer: {', '.join(taken)}"
            )


def _groups(inputs: Inputs) -> list[str]:
    return [str(action.get("targetGroupArn") or "") for action in inputs.get("defaultActions") or ()]


def _listener(cloud: Cloud, inputs: Inputs) -> Made:
    balancer = str(inputs["loadBalancerArn"]).rpartition(":loadbalancer/")[2]
    port = _digits(f"{balancer}:{inputs['port']}")
    made = arn(cloud, "elasticloadbalancing", f"listener/{balancer}/{port}")
    return made, {"arn": made}


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
}

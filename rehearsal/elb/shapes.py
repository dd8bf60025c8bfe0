"""Load balancers, listeners, target groups and targets in the shapes of Elastic Load Balancing's API. Pure.

AWS documents: elasticloadbalancing/latest/APIReference, API_Listener, API_TargetGroup, API_TargetHealth, API_Rule;
elasticloadbalancing/latest/application/target-group-health-checks ("Health check reason codes"); the attributes of
edit-target-group-attributes and edit-load-balancer-attributes in the same guide.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from documents.listener_rules import balancer_of
from rehearsal.elb import condition
from rehearsal.elb.action import Action
from rehearsal.elb.health_check import HealthCheck
from rehearsal.elb.listener import Listener
from rehearsal.elb.rule import Rule
from rehearsal.elb.target import Seen
from rehearsal.world.cloud import Declared
from rehearsal.world.declared_blocks import block

_SAID: Mapping[str, str] = {
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Elb.RegistrationInProgress": "Target registration is in progress",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Target.FailedHealthChecks": "Health checks failed",
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.NotRegistered": "Target is not registered to the target group",
    "Target.Timeout": "Request timed out",
}
"""Reason codes with their descriptions."""

_MISMATCH = "Target.ResponseCodeMismatch"


def load_balancer(arn: str, declared: Declared | None, vpc: str | None, since: datetime) -> dict[str, Any]:
    """A load balancer; of one that the stack only uses (`declared` None) what its ARN and its target groups say."""
    known: dict[str, Any] = {
        "LoadBalancerArn": arn,
        "LoadBalancerName": name_in(arn),
        "Type": "application",
        "State": {"Code": "active"},
        **({"VpcId": vpc} if vpc else {}),
    }
    if declared is None:
        return known
    inputs, outputs = declared.inputs, declared.outputs
    return {
        **known,
        "DNSName": str(outputs["dnsName"]),
        "CanonicalHostedZoneId": str(outputs["zoneId"]),
        "CreatedTime": since,
        "Scheme": "internal" if inputs.get("internal") else "internet-facing",
        "AvailabilityZones": [{"SubnetId": str(one)} for one in inputs.get("subnets") or ()],
        "SecurityGroups": [str(one) for one in inputs.get("securityGroups") or ()],
        "IpAddressType": str(inputs.get("ipAddressType") or "ipv4"),
    }


def listener(declared: Declared | None, now: Listener) -> dict[str, Any]:
    """A listener, with its default action as it is now; of one that the stack only has rules on what its ARN says."""
    if declared is None:
        return {"ListenerArn": now.arn, "LoadBalancerArn": balancer_of(now.arn)}
    inputs = declared.inputs
    told: dict[str, Any] = {
        "ListenerArn": declared.arn,
        "LoadBalancerArn": str(inputs["loadBalancerArn"]),
        "Port": now.entrance.port,
        "Protocol": now.entrance.protocol,
        "DefaultActions": [_action(now.default.action)],
    }
    if inputs.get("certificateArn"):
        told["Certificates"] = [{"CertificateArn": str(inputs["certificateArn"])}]
    if inputs.get("sslPolicy"):
        told["SslPolicy"] = str(inputs["sslPolicy"])
    return told


def rule(one: Rule) -> dict[str, Any]:
    """A rule, with its action as it is now."""
    return {
        "RuleArn": one.arn,
        "Priority": "default" if one.is_default else str(one.priority),
        "Conditions": condition.told(one.conditions),
        "Actions": [_action(one.action)],
        "IsDefault": one.is_default,
    }


def target_group(declared: Declared, check: HealthCheck, balancers: Sequence[str]) -> dict[str, Any]:
    """A target group, checked as it is now, behind those load balancers whose listeners name it."""
    inputs = declared.inputs
    given = block(inputs.get("healthCheck"))
    protocol = str(inputs.get("protocol") or "HTTP")
    return {
        "TargetGroupArn": declared.arn,
        "TargetGroupName": name_of(declared),
        "Protocol": protocol,
        "Port": int(inputs.get("port") or 80),
        **({"VpcId": str(inputs["vpcId"])} if inputs.get("vpcId") else {}),
        "HealthCheckProtocol": str(given.get("protocol") or protocol),
        "HealthCheckPort": check.port,
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": round(check.interval),
        "HealthCheckTimeoutSeconds": round(check.timeout),
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
        "HealthCheckPath": check.path,
        "Matcher": {"HttpCode": check.matcher},
        "LoadBalancerArns": list(balancers),
        "TargetType": str(inputs.get("targetType") or "instance"),
        "ProtocolVersion": str(inputs.get("protocolVersion") or "HTTP1"),
        "IpAddressType": str(inputs.get("ipAddressType") or "ipv4"),
    }


def target_health(one: Seen) -> dict[str, Any]:
    """A registered target and what its checks say; a code that was not to be seen stands in the description."""
    code = re.search(r"\[(\d+)\]", one.reason)
    reason = one.reason.partition(" ")[0]
    health: dict[str, Any] = {"State": one.state}
    if one.state == "draining":
        reason = "Target.DeregistrationInProgress"
    if one.state == "initial" and not reason.startswith("Elb."):
        reason = "Elb.InitialHealthChecking"
    if one.state != "healthy":
        said = f"Health checks failed with these codes: [{code[1]}]" if code and reason == _MISMATCH else ""
        health |= {"Reason": reason, "Description": said or _SAID[reason]}
    return {
        "Target": {"Id": one.host, "Port": one.port},
        "HealthCheckPort": str(one.health_port),
        "TargetHealth": health,
    }


def not_registered(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A target that is asked for and is not there."""
    reason = "Target.NotRegistered"
    health = {"State": "unused", "Reason": reason, "Description": _SAID[reason]}
    return {"Target": dict(asked), "TargetHealth": health}


def target_group_attributes(declared: Declared) -> list[dict[str, str]]:
    """Attributes of a target group for HTTP and HTTPS, as declared; the others have ELB's defaults."""
    inputs, sticky = declared.inputs, block(declared.inputs.get("stickiness"))
    delay = inputs.get("deregistrationDelay")
    return _attributes(
        {
            "deregistration_delay.timeout_seconds": 300 if delay is None else int(delay),
            "stickiness.enabled": bool(sticky) and sticky.get("enabled") is not False,
            "stickiness.type": sticky.get("type") or "lb_cookie",
            "stickiness.lb_cookie.duration_seconds": int(sticky.get("cookieDuration") or 86400),
            "slow_start.duration_seconds": int(inputs.get("slowStart") or 0),
            "load_balancing.algorithm.type": inputs.get("loadBalancingAlgorithmType") or "round_robin",
            "load_balancing.cross_zone.enabled": inputs.get("loadBalancingCrossZoneEnabled")
            or "use_load_balancer_configuration",
        }
    )


def load_balancer_attributes(declared: Declared) -> list[dict[str, str]]:
    """Attributes of an Application Load Balancer, as declared; the others have ELB's defaults."""
    inputs, logs = declared.inputs, block(declared.inputs.get("accessLogs"))
    return _attributes(
        {
            "access_logs.s3.enabled": bool(logs.get("enabled")),
            "access_logs.s3.bucket": logs.get("bucket") or "",
            "access_logs.s3.prefix": logs.get("prefix") or "",
            "idle_timeout.timeout_seconds": int(inputs.get("idleTimeout") or 60),
            "deletion_protection.enabled": bool(inputs.get("enableDeletionProtection")),
            "routing.http2.enabled": inputs.get("enableHttp2") is not False,
            "routing.http.drop_invalid_header_fields.enabled": bool(inputs.get("dropInvalidHeaderFields")),
            "routing.http.desync_mitigation_mode": inputs.get("desyncMitigationMode") or "defensive",
            "load_balancing.cross_zone.enabled": True,
        }
    )


def name_in(arn: str) -> str:
    """The name in the ARN of a load balancer (`…:loadbalancer/app/NAME/ID`)."""
    return arn.rpartition("/")[0].rpartition("/")[2]


def name_of(declared: Declared) -> str:
    """A target group's own name."""
    return str(declared.outputs.get("name") or declared.inputs.get("name") or declared.name)


def _action(now: Action) -> dict[str, Any]:
    if now.fixed is not None:
        return {"Type": "fixed-response", "FixedResponseConfig": dict(now.fixed)}
    if now.redirect is not None:
        return {"Type": "redirect", "RedirectConfig": dict(now.redirect)}
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in now.weights.items()]
    only = {"TargetGroupArn": groups[0]["TargetGroupArn"]} if len(groups) == 1 else {}
    sticky = {"TargetGroupStickinessConfig": {"Enabled": False}}
    return {"Type": "forward", **only, "ForwardConfig": {"TargetGroups": groups, **sticky}}


def _attributes(values: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"Key": key, "Value": str(value).lower() if isinstance(value, bool) else str(value)}
        for key, value in values.items()
    ]

"""Listeners and their rules as the SDK's resources take them: the one place that spells them its way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import lb

from documents.listener_rules import Conditions
from settings.listener import ListenerRule
from settings.load_balancer import HTTP, DefaultAnswer, LoadBalancer

SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """What a listener does, and where."""

    load_balancer_arn: pulumi.Input[str]
    port: int
    action: lb.ListenerDefaultActionArgs
    """What becomes of a request that no rule is for."""


def listener(
    name: str, balancer: LoadBalancer, entrance: Entrance, opts: pulumi.ResourceOptions
) -> lb.Listener:
    """A listener with the settings' certificates."""
    made = lb.Listener(
        name,
        load_balancer_arn=entrance.load_balancer_arn,
        port=entrance.port,
        protocol="HTTPS" if balancer.certificate_arn else "HTTP",
        certificate_arn=balancer.certificate_arn,
        # Left out, the provider would keep the policy of a certificate that was taken away.
        ssl_policy=SSL_POLICY if balancer.certificate_arn else "",
        default_actions=[entrance.action],
        opts=opts,
    )
    for arn in balancer.further_certificate_arns:
        # Named by the certificate: by its place in the list a second one would be taken away with the first.
        lb.ListenerCertificate(
            f"{name.removesuffix('listener')}certificate-{arn.rpartition('/')[2]}",
            listener_arn=made.arn,
            certificate_arn=arn,
            opts=pulumi.ResourceOptions(parent=opts.parent),
        )
    return made


def redirect_listener(
    name: str, load_balancer_arn: pulumi.Input[str], port: int, opts: pulumi.ResourceOptions
) -> lb.Listener:
    """A listener on port 80 that sends clients to the same address on an HTTPS port."""
    return lb.Listener(
        name,
        load_balancer_arn=load_balancer_arn,
        port=HTTP,
        protocol="HTTP",
        default_actions=[
            {
                "type": "redirect",
                "redirect": {"protocol": "HTTPS", "port": str(port), "status_code": "HTTP_301"},
            }
        ],
        opts=opts,
    )


def rule(
    name: str,
    listener_arn: pulumi.Input[str],
    given: ListenerRule,
    groups: Sequence[lb.TargetGroup],
    opts: pulumi.ResourceOptions,
) -> lb.ListenerRule:
    """A rule that forwards everything to the first of the groups, and nothing yet to the others."""
    return lb.ListenerRule(
        name,
        listener_arn=listener_arn,
        priority=given.priority,
        conditions=conditions(given.conditions),
        actions=[
            {
                "type": "forward",
                "forward": {
                    "target_groups": [
                        {"arn": group.arn, "weight": 0 if number else 1}
                        for number, group in enumerate(groups)
                    ]
                },
            }
        ],
        opts=opts,
    )


def conditions(given: Conditions) -> list[Any]:
    """The conditions of a rule."""
    found: list[Any] = []
    for name, values in (
        ("host_header", given.hosts),
        ("path_pattern", given.paths),
        ("http_request_method", given.methods),
        ("source_ip", given.sources),
    ):
        if values:
            found.append({name: {"values": list(values)}})
    found += [
        {"http_header": {"http_header_name": name, "values": list(values)}} for name, values in given.headers
    ]
    for pairs in given.queries:
        parts = [{"value": value} if key is None else {"key": key, "value": value} for key, value in pairs]
        found.append({"query_strings": parts})
    return found


def forward(group: lb.TargetGroup) -> lb.ListenerDefaultActionArgs:
    """A default action that sends everything to one target group."""
    return lb.ListenerDefaultActionArgs(type="forward", target_group_arn=group.arn)


def answer(given: DefaultAnswer) -> lb.ListenerDefaultActionArgs:
    """A default action that the load balancer answers itself."""
    return lb.ListenerDefaultActionArgs(
        type="fixed-response",
        fixed_response=lb.ListenerDefaultActionFixedResponseArgs(
            status_code=str(given.status_code),
            content_type=given.content_type,
            message_body=given.body,
        ),
    )

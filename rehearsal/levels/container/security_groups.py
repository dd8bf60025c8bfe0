"""Whether the declared security groups let somebody reach the database.

AWS document: vpc/latest/userguide/security-group-rules.md (rules that reference a group; what no rule allows is dropped).
The database's group belongs to somebody else: it is the group outside this program that the program's ingress rules are on.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.declared_blocks import blocks

GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

_ANY = "-1"
_TCP = ("tcp", "6")


def database_rules(cloud: Cloud) -> list[Declared]:
    """The ingress rules on groups that this program does not declare; none when access is managed elsewhere."""
    own = {group.id for group in cloud.declared(GROUP)}
    return [rule for rule in cloud.declared(INGRESS) if rule.inputs["securityGroupId"] not in own]


def refusal(cloud: Cloud, groups: Iterable[str]) -> str | None:
    """Why members of `groups` can't reach the database, in one sentence; None when they can."""
    rules = database_rules(cloud)
    if not rules:
        return None
    members = sorted(set(groups))
    letting = [rule.inputs for rule in rules if _lets_in(rule.inputs, members)]
    database = ", ".join(sorted({str(rule.inputs["securityGroupId"]) for rule in rules}))
    if not letting:
        who = ", ".join(members) or "nothing with a security group"
        return f"no ingress rule on {database} lets {who} in"
    declared = {group.id: group for group in cloud.declared(GROUP)}
    if any(
        group not in declared or _lets_out(declared[group], rule) for rule in letting for group in members
    ):
        return None
    return f"no egress rule of {', '.join(members)} lets anything out to {database}"


def _lets_in(rule: Mapping[str, Any], groups: Iterable[str]) -> bool:
    if str(rule.get("ipProtocol")) not in (_ANY, *_TCP):
        return False
    # A rule for addresses: which ones the declared subnets have is not known here.
    return rule.get("referencedSecurityGroupId") in set(groups) or bool(
        rule.get("cidrIpv4") or rule.get("prefixListId")
    )


def _lets_out(group: Declared, rule: Mapping[str, Any]) -> bool:
    """Whether an egress rule of the group covers the port; a declared group without any lets nothing out."""
    port = int(rule.get("fromPort") or 0)
    return any(
        str(egress.get("protocol")) == _ANY
        or (str(egress.get("protocol")) in _TCP and int(egress["fromPort"]) <= port <= int(egress["toPort"]))
        for egress in blocks(group.inputs.get("egress"))
    )

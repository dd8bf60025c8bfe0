"""Whether the declared security groups let somebody reach the database.

AWS document: vpc/latest/userguide/security-group-rules.md (rules that reference a group, ranges of ports; what no rule allows
is dropped).
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
    port = cloud.database_port
    letting = [rule.inputs for rule in rules if _lets_in(rule.inputs, members, port)]
    database = ", ".join(sorted({str(rule.inputs["securityGroupId"]) for rule in rules}))
    if not letting:
        who = ", ".join(members) or "nothing with a security group"
        where = "" if port is None else f" at the database's port {port}"
        return f"no ingress rule on {database} lets {who} in{where}"
    declared = {group.id: group for group in cloud.declared(GROUP)}
    if any(group not in declared or _lets_out(declared[group], port) for group in members):
        return None
    return f"no egress rule of {', '.join(members)} lets anything out to {database}"


def _lets_in(rule: Mapping[str, Any], groups: Iterable[str], port: int | None) -> bool:
    if not _covers(rule.get("ipProtocol"), rule, port):
        return False
    # A rule for addresses: which ones the declared subnets have is not known here.
    return rule.get("referencedSecurityGroupId") in set(groups) or bool(
        rule.get("cidrIpv4") or rule.get("prefixListId")
    )


def _lets_out(group: Declared, port: int | None) -> bool:
    """Whether an egress rule of the group covers the port; a declared group without any lets nothing out."""
    return any(_covers(egress.get("protocol"), egress, port) for egress in blocks(group.inputs.get("egress")))


def _covers(protocol: Any, ports: Mapping[str, Any], port: int | None) -> bool:
    """Whether a rule is about TCP at this port; where nobody knows the port, about TCP at any."""
    if str(protocol) == _ANY:
        return True
    if str(protocol) not in _TCP:
        return False
    return port is None or int(ports["fromPort"]) <= port <= int(ports["toPort"])

"""Security groups and their rules: on record; what a declared network would let through is not played."""

import hashlib

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn


def _security_group(cloud: Cloud, inputs: Inputs) -> Made:
    group_id = f"sg-{hashlib.sha256(str(inputs['name']).encode()).hexdigest()[:17]}"
    return group_id, {"arn": arn(cloud, "ec2", f"security-group/{group_id}"), "ownerId": cloud.place.account}


def _rule(cloud: Cloud, inputs: Inputs) -> Made:
    text = "-".join(
        str(inputs.get(key)) for key in ("securityGroupId", "referencedSecurityGroupId", "fromPort")
    )
    rule_id = f"sgr-{hashlib.sha256(text.encode()).hexdigest()[:17]}"
    return rule_id, {
        "arn": arn(cloud, "ec2", f"security-group-rule/{rule_id}"),
        "securityGroupRuleId": rule_id,
    }


KINDS = {
    "aws:ec2/securityGroup:SecurityGroup": Kind(
        _security_group, longest=255, replaced_by=frozenset({"vpcId", "name", "description"})
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Kind(
        _rule, named=None, replaced_by=frozenset({"securityGroupId"})
    ),
}

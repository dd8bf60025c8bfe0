"""The first `pulumi up` of an account: nothing declared fails for want of a service-linked role."""

from pathlib import Path

import pytest

from documents.deployer import SERVICE_LINKED
from tests.unit.worlds import WORLDS, world

PREREQUISITES = Path(__file__).parents[2] / "docs" / "deploy.md"

MADE_BY_THE_CALL = {
    "aws:ecs/service:Service": "AWSServiceRoleForECS",
    "aws:lb/loadBalancer:LoadBalancer": "AWSServiceRoleForElasticLoadBalancing",
    "aws:lb/targetGroup:TargetGroup": "AWSServiceRoleForElasticLoadBalancing",
}
"""Types whose service makes its role within the creating call (Amazon ECS Developer Guide, using-service-linked-roles-for-clusters;
Elastic Load Balancing User Guide, elb-service-linked-roles)."""

NEED_NONE = (
    "aws:cloudwatch/eventRule:",  # targets by a role of ours or the topic's policy
    "aws:cloudwatch/eventTarget:",
    "aws:cloudwatch/logGroup:",
    "aws:cloudwatch/metricAlarm:",  # a role is made for EC2 actions alone (CloudWatch User Guide, using-service-linked-roles)
    "aws:codebuild/",  # acts as the project's own role
    "aws:codedeploy/",  # acts as the group's own role
    "aws:codepipeline/",  # acts as the pipeline's own role
    "aws:ec2/securityGroup:",
    "aws:ecr/lifecyclePolicy:",
    "aws:ecr/repository:",  # roles are made for replication and pull-through caches alone
    "aws:ecs/taskDefinition:",
    "aws:iam/",
    "aws:lambda/function:",  # acts as the function's own role
    "aws:lb/listener:",
    "aws:lb/listenerCertificate:",
    "aws:lb/listenerRule:",
    "aws:s3/",
    "aws:sns/",
    "aws:sqs/",
    "aws:ssm/parameter:",
    "aws:vpc/securityGroupIngressRule:",
)


@pytest.mark.parametrize("which", WORLDS)
def test_no_first_creation_waits_for_a_role_that_is_not_there(which: str) -> None:
    """A notification rule of CodeStar is the counter-example: its first creation in an account fails."""
    types = {one.type for one in world(which).sent.values() if one.request.custom}
    unknown = {one for one in types - set(MADE_BY_THE_CALL) if not one.startswith(NEED_NONE)}
    assert unknown == set(), "look up whether its service needs a service-linked role, and what makes it"
    assert not [one for one in types if one.startswith("aws:codestarnotifications/")]


def test_the_roles_that_are_made_by_the_call_are_granted_and_named_as_prerequisites() -> None:
    assert set(MADE_BY_THE_CALL.values()) == set(SERVICE_LINKED), "or the creating call is refused"
    said = PREREQUISITES.read_text(encoding="utf-8")
    assert "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com" in said
    for service in SERVICE_LINKED.values():
        assert service in said

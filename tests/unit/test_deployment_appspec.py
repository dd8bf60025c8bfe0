"""What an AppSpec may say of a deployment to ECS, and what of it is refused by name."""

from typing import Any

import pytest
import yaml

from rehearsal.codedeploy import appspec
from rehearsal.codedeploy.appspec import AppSpecError

ARN = "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:1"
NETWORK = {"Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"], "AssignPublicIp": "DISABLED"}


def of(**properties: Any) -> str:
    given = {
        "TaskDefinition": ARN,
        "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 80},
        **properties,
    }
    service = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": given}}
    return yaml.safe_dump({"version": 0.0, "Resources": [service]})


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"PlatformVersion": "LATEST"},
        {"PlatformVersion": "1.4.0"},
        {"CapacityProviderStrategy": []},
        {"NetworkConfiguration": {"AwsvpcConfiguration": NETWORK}},
    ],
)
def test_what_is_played_is_taken(properties: dict[str, Any]) -> None:
    assert appspec.parsed(of(**properties)).container_port == 80


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"PlatformVersion": "1.3.0"}, "PlatformVersion is 1.3.0, and the rehearsal plays LATEST or 1.4.0"),
        ({"PlatformVersion": "9.9"}, "PlatformVersion is 9.9"),
        (
            {"CapacityProviderStrategy": [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]},
            "CapacityProviderStrategy is not played .* leave it out",
        ),
        (
            {"NetworkConfiguration": {"AwsvpcConfiguration": {**NETWORK, "AssignPublicIp": "YES"}}},
            "AssignPublicIp is 'YES'; it is ENABLED or DISABLED",
        ),
        ({"Platform": "LATEST"}, "Properties has the unknown key 'Platform'"),
    ],
)
def test_what_is_not_played_or_not_known_is_refused_by_name(properties: dict[str, Any], said: str) -> None:
    """CodeDeploy User Guide, reference-appspec-file-structure-resources, Amazon ECS deployments."""
    with pytest.raises(AppSpecError, match=said):
        appspec.parsed(of(**properties))

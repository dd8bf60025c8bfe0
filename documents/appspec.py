"""The AppSpec template that CodeDeploy reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from documents.templates import TASK_DEFINITION_PLACEHOLDER

HOOKS = ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")
"""Lifecycle events that may have a hook, in their order (CodeDeploy User Guide, reference-appspec-file-structure-hooks)."""


@dataclass(frozen=True)
class Target:
    """What takes the traffic, and where it runs."""

    container: str
    port: int
    subnets: Sequence[str]
    security_groups: Sequence[str]


def appspec(target: Target, hooks: Mapping[str, str]) -> dict[str, Any]:
    """AppSpec for an ECS service (CodeDeploy User Guide, reference-appspec-file-structure-resources).

    The network is part of it because ECS lets nobody but CodeDeploy change the network of such a service
    (Amazon ECS API Reference, UpdateService): a change of subnets takes effect with the next release.
    """
    document: dict[str, Any] = {
        "version": 0.0,
        "Resources": [
            {
                "TargetService": {
                    "Type": "AWS::ECS::Service",
                    "Properties": {
                        "TaskDefinition": TASK_DEFINITION_PLACEHOLDER,
                        "LoadBalancerInfo": {"ContainerName": target.container, "ContainerPort": target.port},
                        "NetworkConfiguration": {
                            "AwsvpcConfiguration": {
                                "Subnets": list(target.subnets),
                                "SecurityGroups": list(target.security_groups),
                                "AssignPublicIp": "DISABLED",
                            }
                        },
                    },
                }
            }
        ],
    }
    ordered = [{event: hooks[event]} for event in HOOKS if event in hooks]
    if ordered:
        document["Hooks"] = ordered
    return document


def text(document: Mapping[str, Any]) -> str:
    """The template as it lies in S3."""
    return yaml.safe_dump(dict(document), sort_keys=False)

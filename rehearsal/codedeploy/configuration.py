"""Which deployment configuration a group has: one of CodeDeploy's own by its name, or one that the program declares.

AWS documents: codedeploy/latest/userguide/deployment-configurations ("Amazon ECS compute platform") and
deployment-configurations-create; codedeploy/latest/APIReference, API_CreateDeploymentConfig.
"""

from collections.abc import Mapping
from typing import Any

from documents.traffic_shift import MOST_MINUTES, MOST_PERCENT, PREDEFINED, Routing, Shift
from rehearsal.world.cloud import Cloud
from rehearsal.world.declared_blocks import block

CONFIGURATION = "aws:codedeploy/deploymentConfig:DeploymentConfig"
"""Pulumi type token of a configuration."""

_RESERVED = "CodeDeployDefault."
"""What the names of CodeDeploy's own configurations begin with, and nobody else's may."""

_BLOCKS = {Routing.CANARY: "timeBasedCanary", Routing.LINEAR: "timeBasedLinear"}


class ConfigurationInvalid(Exception):
    """CodeDeploy would not take the deployment configuration; the text says value and rule."""


def configuration_of(group: Mapping[str, Any]) -> str:
    """Name of a declared group's configuration; one that is for servers only when the group says none."""
    return str(group.get("deploymentConfigName") or "CodeDeployDefault.OneAtATime")


def of_name(cloud: Cloud, name: str) -> Shift:
    """How a predefined or declared configuration moves traffic; ConfigurationInvalid for any other name."""
    if name in PREDEFINED:
        return PREDEFINED[name]
    for declared in cloud.declared(CONFIGURATION):
        if name == declared.inputs.get("deploymentConfigName"):
            return declared_shift(declared.inputs)
    raise ConfigurationInvalid(
        f"{name} is no deployment configuration for ECS: take one of {', '.join(PREDEFINED)}, or declare one of your own"
    )


def declared_shift(inputs: Mapping[str, Any]) -> Shift:
    """How a program's own configuration moves traffic; ConfigurationInvalid where CodeDeploy would refuse it."""
    name = str(inputs.get("deploymentConfigName") or "")
    if name.startswith(_RESERVED):
        raise ConfigurationInvalid(f"{name}: names that begin with {_RESERVED} are CodeDeploy's own")
    platform = inputs.get("computePlatform") or "Server"
    if platform != "ECS":
        raise ConfigurationInvalid(
            f"{name} has compute platform {platform!r}; a deployment to ECS needs 'ECS'"
        )
    routing = block(inputs.get("trafficRoutingConfig"))
    kind = routing.get("type") or Routing.ALL_AT_ONCE
    if kind not in tuple(Routing):
        raise ConfigurationInvalid(
            f"{name} has traffic routing of type {kind!r}; it is one of {', '.join(Routing)}"
        )
    others = [of for one, of in _BLOCKS.items() if one != kind and block(routing.get(of))]
    if others:
        raise ConfigurationInvalid(f"{name} has {others[0]} beside traffic routing of type {kind}; give one")
    if kind == Routing.ALL_AT_ONCE:
        return Shift()
    return _shift(name, Routing(kind), block(routing.get(_BLOCKS[Routing(kind)])))


def _shift(name: str, routing: Routing, given: Mapping[str, Any]) -> Shift:
    percent, minutes = float(given.get("percentage") or 0), float(given.get("interval") or 0)
    of = f"{name} has {_BLOCKS[routing]}"
    if not (1 <= percent <= MOST_PERCENT and percent.is_integer()):
        raise ConfigurationInvalid(
            f"{of}.percentage {percent:g}; an increment is 1 to {MOST_PERCENT} percent, a whole number"
        )
    if not (minutes >= 1 and minutes.is_integer()):
        raise ConfigurationInvalid(
            f"{of}.interval {minutes:g}; an increment stays whole minutes, at least one"
        )
    shift = Shift(routing, int(percent), int(minutes))
    if shift.lasts > MOST_MINUTES:
        raise ConfigurationInvalid(
            f"{of} that lasts {shift.lasts} minutes; {MOST_MINUTES} are taken between the first and the last increment"
        )
    return shift

"""What the local cloud knows about one type of resource."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.world.cloud import Cloud

Inputs = Mapping[str, Any]
Made = tuple[str, dict[str, Any]]
"""A resource's id, and what the cloud adds to its inputs."""


def _welcome(cloud: Cloud, inputs: Inputs) -> None:
    """Nothing that is there stands in the way of a new resource of this type."""


def _nothing(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:
    """A resource on record only has nothing to be removed from."""


def _unseen(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:
    """Nothing that is there stands in the way of a change of a resource of this type."""


class InUse(Exception):
    """AWS refuses what something that is there stands in the way of; the text is AWS's own."""


@dataclass(frozen=True)
class Kind:
    """How resources of one type are made and removed.

    `make` puts the resource there as declared: called again with other inputs and the same name, it changes it.
    """

    make: Callable[[Cloud, Inputs], Made]
    remove: Callable[[Cloud, str, Inputs], None] = _nothing
    named: str | None = "name"
    """Input that holds the physical name, which Pulumi makes up when the program gives none; None for nameless types."""
    prefix: str | None = None
    """Input that says what a made-up name begins with."""
    longest: int = 64
    """Characters a physical name may have."""
    refuse: Callable[[Cloud, Inputs], None] = _welcome
    """Raises InUse when AWS would refuse a new resource beside those that are there."""
    refuse_change: Callable[[Cloud, str, Inputs], None] = _unseen
    """Raises InUse when AWS would refuse a change of the resource of this id to these inputs beside those that are there."""
    replaced_by: frozenset[str] = frozenset()
    """Inputs whose change makes a new resource instead of changing this one."""

    def with_name(self, logical: str, inputs: Inputs, seed: str) -> dict[str, Any]:
        """Inputs with a physical name: the declared one, or the logical one with a suffix made from `seed`."""
        if self.named is None or inputs.get(self.named):
            return dict(inputs)
        begin = inputs.get(self.prefix) if self.prefix else None
        suffix = hashlib.sha256(seed.encode()).hexdigest()[:7]
        made_up = f"{begin}{suffix}" if begin else f"{logical[: self.longest - 8]}-{suffix}"
        return {**inputs, self.named: made_up}


def refuse_taken(type_: str, answer: str, *keys: str) -> Callable[[Cloud, Inputs], None]:
    """A refusal of what has the same `keys` (its name, when none are given) as another resource of its type.

    `answer` is AWS's own, with inputs in braces. A type without this is one that AWS lets two users share without a word:
    PutRule, CreateTopic, CreateQueue, PutMetricAlarm and RegisterTaskDefinition change or extend what is there.
    """
    same = keys or ("name",)

    def refuse(cloud: Cloud, inputs: Inputs) -> None:
        wanted = [inputs.get(key) for key in same]
        if any([one.inputs.get(key) for key in same] == wanted for one in cloud.declared(type_)):
            raise InUse(answer.format(**inputs))

    return refuse


def arn(cloud: Cloud, service: str, resource: str) -> str:
    """ARN of a regional resource of the local cloud."""
    return cloud.place.arn(service, resource)


def on_record(service: str, resource: Callable[[Inputs], str]) -> Callable[[Cloud, Inputs], Made]:
    """A maker for what is only put on record: its id is its name, its ARN follows a pattern."""

    def make(cloud: Cloud, inputs: Inputs) -> Made:
        return str(inputs["name"]), {"arn": arn(cloud, service, resource(inputs))}

    return make


def attached_to(key: str) -> Callable[[Cloud, Inputs], Made]:
    """A maker for what belongs to another resource and is known by that one's id."""

    def make(cloud: Cloud, inputs: Inputs) -> Made:  # noqa: ARG001  (every maker takes the cloud)
        return str(inputs[key]), {}

    return make

"""What CodePipeline asks for: its event, and the parameters in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

from release.findings import RefusedError

_VALUES: Mapping[str, tuple[str, ...]] = {"trigger": ("push", "chosen"), "migrate": ("run", "skip")}
"""Parameters that come from variables of the pipeline, which whoever starts a release may set."""


@dataclass(frozen=True)
class Order:
    """The parameters that every step has."""

    step: str
    digest: str
    """Digest of the image that is released."""


@dataclass(frozen=True)
class CheckOrder(Order):
    """The parameters of `check`."""

    trigger: str
    """`push` when a push started the release, `chosen` when a person did."""
    migrate: str
    """`run` or `skip`."""


@dataclass(frozen=True)
class RolloutOrder(Order):
    """The parameters of `rollout`."""

    service: str
    """Name of the service in the settings."""
    templates: str
    """Version of the templates that this execution's build has handed on."""
    execution: str
    """Id of the pipeline's execution."""
    minutes: str
    """How long the deployment may take, in digits."""


O = TypeVar("O", bound=Order)  # noqa: E741  (an order)


@dataclass(frozen=True)
class Job:
    """One job of CodePipeline's, without the credentials that come with it."""

    id: str
    parameters: str
    """`UserParameters` as they arrived."""
    token: str
    """Continuation token of the job before; empty at first."""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Job":
        """The job in an event (CodePipeline User Guide, action-reference-Lambda); LookupError for another event.

        The error never shows the event, which carries credentials.
        """
        try:
            job = event["CodePipeline.job"]
            data = job["data"]
            given = data["actionConfiguration"]["configuration"].get("UserParameters")
            return cls(str(job["id"]), str(given or ""), str(data.get("continuationToken") or ""))
        except (KeyError, TypeError, AttributeError):
            raise LookupError(
                "the event is no job of CodePipeline's, and there is nobody to answer: let a Lambda action call this function"
            ) from None

    @property
    def step(self) -> str:
        """Name of the step that is asked for; RefusedError when there is none."""
        step = _object(self.parameters).get("step")
        if not isinstance(step, str):
            raise self._unfollowed({one.name for one in fields(Order)})
        return step

    def order(self, kind: type[O]) -> O:
        """The step's parameters; RefusedError when they cannot be followed."""
        given = _object(self.parameters)
        expected = {one.name for one in fields(kind)}
        if set(given) != expected or not all(isinstance(one, str) for one in given.values()):
            raise self._unfollowed(expected)
        for name, taken in _VALUES.items():
            if name in expected and given[name] not in taken:
                raise RefusedError(
                    f"pipeline variable {name.upper()} {given[name]!r}",
                    f"it is {' or '.join(taken)}",
                    "start the release again with one of them; nothing was migrated",
                    "ConfigurationError",
                )
        return kind(**given)

    def _unfollowed(self, expected: set[str]) -> RefusedError:
        return RefusedError(
            f"UserParameters {self.parameters[:200]!r}",
            f"they are a JSON object of {', '.join(sorted(expected))}, each a text",
            "start the release again with plain values of the pipeline's variables, or run pulumi up",
            "ConfigurationError",
        )


def _object(text: str) -> Mapping[str, Any]:
    """The JSON object in a text; empty for anything else."""
    try:
        given = json.loads(text, object_pairs_hook=_each_once)
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", given) if isinstance(given, dict) else {}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A variable's value could close its text and say a name again."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name is given twice")
    return dict(pairs)

"""Entry conditions of a stage.

AWS documents: codepipeline/latest/userguide/concepts-how-it-works-conditions.md,
rule-reference-DeploymentWindow.md. Only the DeploymentWindow rule is played. Whether AWS waits for the window
or fails at once is not documented; the condition's declared result is FAIL, so outside the window the stage
fails here, and the message says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from documents import cron
from rehearsal.errors import RehearsalError, StackError


@dataclass(frozen=True)
class Rule:
    """One rule of a condition."""

    name: str
    provider: str
    configuration: Mapping[str, str] = field(default_factory=dict[str, str])

    def failure(self, now: datetime) -> str | None:
        """Why the rule does not hold at this moment (with a time zone); None when it does."""
        expression = self.configuration["Cron"]
        there = now.astimezone(cron.zone(self.configuration.get("TimeZone")))
        if cron.matches(expression, there):
            return None
        return (
            f"Rule {self.name}: {there:%a %Y-%m-%d %H:%M %Z} is outside the deployment window {expression!r}"
        )


@dataclass(frozen=True)
class Condition:
    """Rules that must all hold before a stage is entered."""

    result: str
    rules: Sequence[Rule]

    @classmethod
    def read(cls, inputs: Mapping[str, Any]) -> Self:
        """The condition as Pulumi sends it; RehearsalError for a rule or result that is not played."""
        condition = cls(inputs.get("result") or "FAIL", [_rule(rule) for rule in inputs["rules"]])
        if condition.result != "FAIL":  # SKIP goes with LambdaInvoke and VariableCheck only
            raise RehearsalError(
                f"entry condition with result {condition.result!r}",
                "the rehearsal plays FAIL",
                "declare FAIL",
            )
        return condition

    def failure(self, now: datetime) -> str | None:
        """Why the stage may not be entered now; None when every rule holds."""
        return next((why for rule in self.rules if (why := rule.failure(now))), None)


def _rule(inputs: Mapping[str, Any]) -> Rule:
    provider = inputs["ruleTypeId"]["provider"]
    if provider != "DeploymentWindow":
        raise RehearsalError(
            f"stage rule {provider!r}",
            "the rehearsal plays DeploymentWindow only",
            "leave the rule out or try it on AWS",
        )
    configuration: Mapping[str, str] = inputs.get("configuration") or {}
    if "Cron" not in configuration or set(configuration) - {"Cron", "TimeZone"}:
        raise StackError(
            f"stage rule {inputs['name']} is configured by {', '.join(sorted(configuration)) or 'nothing'}",
            "a DeploymentWindow takes Cron, which it needs, and TimeZone",
            "correct its configuration",
        )
    return Rule(inputs["name"], provider, configuration)

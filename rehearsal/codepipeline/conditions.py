"""Entry conditions of a stage.

AWS documents: codepipeline/latest/userguide/concepts-how-it-works-conditions.md,
rule-reference-DeploymentWindow.md. Every rule of a condition is run; one that fails fails it. Only the DeploymentWindow rule is played. Whether AWS waits for the window
or fails at once is not documented; the condition's declared result is FAIL, so outside the window the stage
fails here, and the message says why.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from documents import cron
from rehearsal.errors import RehearsalError, StackError


@dataclass(frozen=True)
class Rule:
    """One rule of a condition."""

    name: str
    kind: Mapping[str, str]
    """API codepipeline.RuleTypeId."""
    configuration: Mapping[str, str] = field(default_factory=dict[str, str])
    region: str = ""

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
class RuleRun:
    """One run of a rule, in front of a stage."""

    id: str
    stage: str
    rule: str
    moment: datetime
    """When it was run; a window is looked at in no time."""
    failure: str | None
    """Why it does not hold; None when it does."""

    @property
    def status(self) -> str:
        """API codepipeline.RuleExecutionStatus, and ConditionExecutionStatus."""
        return "Failed" if self.failure else "Succeeded"


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

    def run(self, stage: str, now: datetime) -> list[RuleRun]:
        """Run every rule in front of the stage, as of this moment."""
        return [
            RuleRun(str(uuid.uuid4()), stage, rule.name, datetime.now(UTC), rule.failure(now))
            for rule in self.rules
        ]


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
    return Rule(inputs["name"], inputs["ruleTypeId"], configuration, inputs.get("region") or "")

"""Conditions and the runs of their rules as CodePipeline's API shows them. Pure.

AWS documents: codepipeline/latest/APIReference, API_StageConditionState.md, API_ConditionState.md, API_RuleState.md,
API_RuleExecutionDetail.md. Their summaries are ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.codepipeline.conditions import Condition, RuleRun
from rehearsal.codepipeline.declared import Stage
from rehearsal.codepipeline.run import Run

Document = dict[str, Any]
VERSION = 1
"""The rehearsal keeps one version of a pipeline, its first."""
_ERROR = "ConditionNotMet"
"""AWS documents no code for a rule that does not hold."""


def entry_state(stage: Stage, runs: Sequence[Run]) -> Document:
    """API codepipeline.StageConditionState of what is in front of a stage, `runs` being all executions, oldest first."""
    if stage.before_entry is None:
        return {}
    latest = next((found for run in reversed(runs) if (found := _latest(run, stage))), {})
    states = [_rule_state(rule.name, latest.get(rule.name)) for rule in stage.before_entry.rules]
    if not latest:
        return {"conditionStates": [{"ruleStates": states}]}
    failures = [one.failure for one in latest.values() if one.failure]
    told: Document = {"status": "Failed" if failures else "Succeeded", "summary": _summary(failures)}
    changed = max(one.moment for one in latest.values())
    condition = {"latestExecution": {**told, "lastStatusChange": changed}, "ruleStates": states}
    return {"latestExecution": told, "conditionStates": [condition]}


def rule_details(run: Run, *, latest: bool = False) -> list[Document]:
    """API codepipeline.RuleExecutionDetail of each rule that ran, the last one first; `latest` leaves out what ran again."""
    runs: Sequence[RuleRun] = run.execution.rules
    if latest:
        runs = list({(one.stage, one.rule): one for one in runs}.values())
    return [_detail(run, one) for one in reversed(runs)]


def _latest(run: Run, stage: Stage) -> Mapping[str, RuleRun]:
    return {one.rule: one for one in run.execution.rules if one.stage == stage.name}


def _rule_state(name: str, ran: RuleRun | None) -> Document:
    if ran is None:
        return {"ruleName": name}
    told = {
        "ruleExecutionId": ran.id,
        "status": ran.status,
        "summary": _summary([ran.failure] if ran.failure else []),
        "lastStatusChange": ran.moment,
        **_error(ran),
    }
    return {"ruleName": name, "latestExecution": told}


def _detail(run: Run, one: RuleRun) -> Document:
    rule = next(rule for rule in _condition(run, one).rules if rule.name == one.rule)
    given: Document = {
        "ruleTypeId": dict(rule.kind),
        "configuration": dict(rule.configuration),
        "resolvedConfiguration": dict(rule.configuration),
        "inputArtifacts": [],
        **({"region": rule.region} if rule.region else {}),
    }
    result = {"externalExecutionSummary": _summary([one.failure] if one.failure else []), **_error(one)}
    return {
        "pipelineExecutionId": run.execution.id,
        "ruleExecutionId": one.id,
        "pipelineVersion": VERSION,
        "stageName": one.stage,
        "ruleName": one.rule,
        "startTime": one.moment,
        "lastUpdateTime": one.moment,
        "status": one.status,
        "input": given,
        "output": {"executionResult": result},
    }


def _condition(run: Run, one: RuleRun) -> Condition:
    found = next(stage.before_entry for stage in run.pipeline.stages if stage.name == one.stage)
    if found is None:
        raise LookupError(f"stage {one.stage} has no condition, and its rule {one.rule} ran")
    return found


def _summary(failures: Sequence[str]) -> str:
    return "; ".join(failures) or "the condition is met"


def _error(one: RuleRun) -> Document:
    return {"errorDetails": {"code": _ERROR, "message": one.failure}} if one.failure else {}

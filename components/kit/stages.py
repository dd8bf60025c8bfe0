"""Stages as the SDK's resource takes them: the one place that spells them its way."""

from collections.abc import Sequence

from pulumi_aws import codepipeline

from documents.actions import OWNER, VERSION, Action, EntryRule, Stage, Variable


def stage_args(stage: Stage) -> codepipeline.PipelineStageArgsDict:
    """One stage."""
    args: codepipeline.PipelineStageArgsDict = {
        "name": stage.name,
        "actions": [_action(action) for action in stage.actions],
    }
    if stage.before_entry:
        args["before_entry"] = {"condition": {"result": "FAIL", "rules": [_rule(stage.before_entry)]}}
    return args


def variable_args(variables: Sequence[Variable]) -> list[codepipeline.PipelineVariableArgsDict]:
    """The pipeline's variables."""
    return [{"name": one.name, "default_value": one.default, "description": one.meaning} for one in variables]


def _action(action: Action) -> codepipeline.PipelineStageActionArgsDict:
    """What an action does not say is left out, so that CodePipeline's own default holds."""
    args: codepipeline.PipelineStageActionArgsDict = {
        "name": action.name,
        "category": action.category,
        "owner": OWNER,
        "provider": action.provider,
        "version": VERSION,
        "configuration": action.configuration,
    }
    if action.inputs:
        args["input_artifacts"] = list(action.inputs)
    if action.outputs:
        args["output_artifacts"] = list(action.outputs)
    if action.namespace is not None:
        args["namespace"] = action.namespace
    if action.run_order is not None:
        args["run_order"] = action.run_order
    if action.timeout_minutes is not None:
        args["timeout_in_minutes"] = action.timeout_minutes
    return args


def _rule(rule: EntryRule) -> codepipeline.PipelineStageBeforeEntryConditionRuleArgsDict:
    return {
        "name": rule.name,
        "rule_type_id": {"category": "Rule", "owner": OWNER, "provider": rule.provider, "version": VERSION},
        "configuration": rule.configuration,
    }

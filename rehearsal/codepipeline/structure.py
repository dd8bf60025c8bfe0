"""A declared pipeline as CodePipeline's API shows it. Pure.

AWS documents: the API's PipelineDeclaration (codepipeline/latest/APIReference/API_PipelineDeclaration.md) and
codepipeline/latest/userguide/reference-pipeline-structure.md. The program declares it as Pulumi has it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_AS_DECLARED = ("runOrder", "configuration", "roleArn", "region", "namespace", "timeoutInMinutes")
_TYPE = ("category", "owner", "provider", "version")


def structure(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of a pipeline from the inputs it was declared with."""
    (store,) = inputs["artifactStores"]
    return {
        "name": inputs["name"],
        "roleArn": inputs["roleArn"],
        "artifactStore": _present(store, ("type", "location", "encryptionKey")),
        "stages": [_stage(stage) for stage in inputs["stages"]],
        "version": 1,
        "executionMode": inputs.get("executionMode") or "SUPERSEDED",
        "pipelineType": inputs["pipelineType"],
        "variables": [
            _present(one, ("name", "defaultValue", "description")) for one in inputs.get("variables") or ()
        ],
    }


def _stage(inputs: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": inputs["name"], "actions": [_action(one) for one in inputs["actions"]]}
    for name in ("beforeEntry", "onSuccess", "onFailure"):
        if inputs.get(name):
            found[name] = _reaction(inputs[name])
    return found


def _action(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": inputs["name"],
        "actionTypeId": action_type(inputs),
        "inputArtifacts": _named(inputs.get("inputArtifacts")),
        "outputArtifacts": _named(inputs.get("outputArtifacts")),
        **_present({"runOrder": 1, "configuration": {}, **_set(inputs)}, _AS_DECLARED),
    }


def action_type(inputs: Mapping[str, Any]) -> dict[str, str]:
    """API codepipeline.ActionTypeId."""
    return {name: str(inputs[name]) for name in _TYPE}


def _reaction(inputs: Mapping[str, Any]) -> dict[str, Any]:
    found = _present(inputs, ("result", "retryConfiguration"))
    if inputs.get("condition"):
        found["conditions"] = [_condition(inputs["condition"])]
    return found


def _condition(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {**_present(inputs, ("result",)), "rules": [_rule(rule) for rule in inputs["rules"]]}


def _rule(inputs: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("name", "ruleTypeId", "configuration", "roleArn", "region", "timeoutInMinutes", "commands")
    return {**_present(inputs, kept), "inputArtifacts": _named(inputs.get("inputArtifacts"))}


def _named(names: Sequence[str] | None) -> list[dict[str, str]]:
    return [{"name": name} for name in names or ()]


def _set(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in inputs.items() if one is not None}


def _present(inputs: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: inputs[name] for name in names if inputs.get(name) is not None}

"""A declared pipeline as typed values, refused where CreatePipeline would refuse it.

AWS documents: codepipeline/latest/userguide/reference-variables.md, limits.md, and the API's
PipelineDeclaration. Not here: provider-specific configuration, which each action checks itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.codepipeline import variables
from rehearsal.codepipeline.conditions import Condition
from rehearsal.world.cloud import Declared

PIPELINE_TYPE = "aws:codepipeline/pipeline:Pipeline"
"""Pulumi type token of a pipeline."""

MAX_CONFIGURATION_VALUE = 1000
"""Characters in one value of an action's configuration (limits.md)."""
MAX_VARIABLES = 50
_MIN_STAGES = 2

_EXECUTION_MODES = ("SUPERSEDED", "QUEUED", "PARALLEL")


class InvalidStructure(ValueError):
    """CreatePipeline or UpdatePipeline would refuse this declaration."""


@dataclass(frozen=True)
class ActionDeclaration:
    """One declared action."""

    name: str
    category: str
    provider: str
    configuration: Mapping[str, str] = field(default_factory=dict[str, str])
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    namespace: str | None = None
    run_order: int = 1
    role_arn: str | None = None
    timeout_minutes: float | None = None
    owner: str = "AWS"
    version: str = "1"


@dataclass(frozen=True)
class Stage:
    """One declared stage."""

    name: str
    actions: Sequence[ActionDeclaration]
    before_entry: Condition | None = None
    retry_mode: str | None = None
    """`FAILED_ACTIONS` or `ALL_ACTIONS`: what the one automatic retry runs again; None for no retry."""

    def in_order(self) -> Iterator[list[ActionDeclaration]]:
        """The actions in groups: those of one run order start together, the groups follow each other."""
        for order in sorted({action.run_order for action in self.actions}):
            yield [action for action in self.actions if action.run_order == order]


@dataclass(frozen=True)
class Variable:
    """One variable declared on the pipeline; without a default, every start must give it."""

    name: str
    default: str | None = None


@dataclass(frozen=True)
class Pipeline:
    """One declared V2 pipeline."""

    name: str
    role_arn: str
    bucket: str
    key_id: str | None
    stages: Sequence[Stage]
    variables: Sequence[Variable] = ()
    mode: str = "SUPERSEDED"

    @property
    def actions(self) -> list[ActionDeclaration]:
        """All actions in declared order."""
        return [action for stage in self.stages for action in stage.actions]


def read(declared: Declared) -> Pipeline:
    """The pipeline that a program declared; InvalidStructure where AWS would refuse it."""
    inputs = declared.inputs
    if inputs.get("pipelineType", "V1") != "V2":
        kind = inputs.get("pipelineType", "V1")
        raise InvalidStructure(
            f"pipeline type {kind!r}: the rehearsal knows V2 (overrides and variables need it); set pipelineType V2"
        )
    store = inputs["artifactStores"][0]
    pipeline = Pipeline(
        name=str(declared.outputs.get("name") or inputs["name"]),
        role_arn=inputs["roleArn"],
        bucket=store["location"],
        key_id=(store.get("encryptionKey") or {}).get("id"),
        stages=[_stage(stage) for stage in inputs["stages"]],
        variables=[Variable(v["name"], v.get("defaultValue")) for v in inputs.get("variables") or ()],
        mode=inputs.get("executionMode") or "SUPERSEDED",
    )
    check(pipeline)
    return pipeline


def check(pipeline: Pipeline) -> None:
    """Refuse with InvalidStructure what CreatePipeline refuses."""
    if pipeline.mode not in _EXECUTION_MODES:
        _refuse(f"executionMode {pipeline.mode!r}", f"is one of {', '.join(_EXECUTION_MODES)}")
    if len(pipeline.stages) < _MIN_STAGES:
        _refuse(f"{len(pipeline.stages)} stages", "a pipeline has at least 2 stages")
    if len(pipeline.variables) > MAX_VARIABLES:
        _refuse(f"{len(pipeline.variables)} variables", f"a pipeline has at most {MAX_VARIABLES}")
    if {action.category for action in pipeline.stages[0].actions} != {"Source"}:
        _refuse(f"stage {pipeline.stages[0].name!r}", "the first stage holds source actions only")
    _check_names(pipeline)
    _check_flow(pipeline)


def _stage(inputs: Mapping[str, Any]) -> Stage:
    failure: Mapping[str, Any] = inputs.get("onFailure") or {}
    entry: Mapping[str, Any] = (inputs.get("beforeEntry") or {}).get("condition") or {}
    unknown = (
        failure.get("result") not in (None, "RETRY", "FAIL")
        or failure.get("condition")
        or inputs.get("onSuccess")
    )
    if unknown:
        _refuse(
            f"stage {inputs['name']!r}",
            "the rehearsal plays onFailure RETRY only: no stage rollback, no condition on failure or success",
        )
    retry = failure.get("retryConfiguration") or {}
    return Stage(
        name=inputs["name"],
        actions=[_action(action) for action in inputs["actions"]],
        before_entry=Condition.read(entry) if entry else None,
        retry_mode=retry.get("retryMode", "FAILED_ACTIONS") if failure.get("result") == "RETRY" else None,
    )


def _action(inputs: Mapping[str, Any]) -> ActionDeclaration:
    return ActionDeclaration(
        name=inputs["name"],
        category=inputs["category"],
        provider=inputs["provider"],
        configuration={key: str(value) for key, value in (inputs.get("configuration") or {}).items()},
        inputs=inputs.get("inputArtifacts") or (),
        outputs=inputs.get("outputArtifacts") or (),
        namespace=inputs.get("namespace"),
        run_order=int(inputs.get("runOrder") or 1),
        role_arn=inputs.get("roleArn"),
        timeout_minutes=inputs.get("timeoutInMinutes"),
        owner=str(inputs.get("owner") or "AWS"),
        version=str(inputs.get("version") or "1"),
    )


def _check_names(pipeline: Pipeline) -> None:
    """Namespaces are unique, not reserved, and no artifact's name (reference-variables.md, "Namespaces")."""
    artifacts = [name for action in pipeline.actions for name in action.outputs]
    namespaces = [action.namespace for action in pipeline.actions if action.namespace]
    for names, what in ((artifacts, "output artifact"), (namespaces, "namespace")):
        for name in names:
            if names.count(name) > 1:
                _refuse(f"{what} {name!r}", "is declared by one action only")
    for name in namespaces:
        if name in variables.RESERVED:
            _refuse(f"namespace {name!r}", "is reserved by CodePipeline; choose another")
        if name in artifacts:
            _refuse(f"namespace {name!r}", "conflicts with the artifact of that name; choose another")


def _check_flow(pipeline: Pipeline) -> None:
    """Artifacts and variables come from an earlier stage, or a lower run order of the same one."""
    artifacts: set[str] = set()
    namespaces = set(variables.RESERVED)
    declared = {variable.name for variable in pipeline.variables}
    for stage in pipeline.stages:
        for group in stage.in_order():
            for action in group:
                where = f"stage {stage.name!r}, action {action.name!r}"
                for missing in set(action.inputs) - artifacts:
                    _refuse(
                        f"{where}, input artifact {missing!r}", "is an output of an action that runs before"
                    )
                _check_configuration(action, where, namespaces, declared)
            artifacts.update(name for action in group for name in action.outputs)
            namespaces.update(action.namespace for action in group if action.namespace)


def _check_configuration(action: ActionDeclaration, where: str, known: set[str], declared: set[str]) -> None:
    for key, value in action.configuration.items():
        if len(value) > MAX_CONFIGURATION_VALUE:
            _refuse(f"{where}, {key}: {len(value)} characters", f"is at most {MAX_CONFIGURATION_VALUE} long")
        try:
            found = variables.references(value)
        except variables.UnresolvedVariable as wrong:
            raise InvalidStructure(f"{where}, {key}: {wrong}") from None
        for namespace, name in found:
            reference = f"{where}, {key}: #{{{namespace}.{name}}}"
            if namespace not in known:
                _refuse(
                    reference,
                    f"refers to a namespace that does not exist before it runs; there are {sorted(known)}",
                )
            if namespace == variables.PIPELINE and name not in declared:
                _refuse(
                    reference,
                    f"refers to a variable the pipeline does not declare; it has {sorted(declared)}",
                )
            if namespace == variables.PIPELINE and action.category == "Source":
                _refuse(reference, "pipeline variables are not supported in source actions")


def _refuse(value: str, rule: str) -> None:
    raise InvalidStructure(f"{value}: {rule}")

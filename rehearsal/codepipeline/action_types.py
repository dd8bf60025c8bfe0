"""What each type of action takes: its configuration and artifacts, held against a pipeline when it is declared.

AWS documents: codepipeline/latest/userguide/action-reference-ECR, action-reference-CodeBuild, action-reference-ECSbluegreen,
action-reference-Lambda, approvals-action-add; reference-action-artifacts (how many artifacts). CreatePipeline refuses what an
action does not know (InvalidActionDeclarationException); its texts are not documented, these are ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rehearsal.codepipeline.declared import ActionDeclaration, InvalidStructure, Pipeline
from rehearsal.errors import RehearsalError


@dataclass(frozen=True)
class ActionType:
    """One provider's action."""

    categories: tuple[str, ...]
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    more: re.Pattern[str] | None = None
    """Further keys, by their form."""
    not_played: Mapping[str, str] = field(default_factory=dict[str, str])
    """Keys that AWS takes, each with the only value that is played."""
    inputs: range = range(1)
    """How many input artifacts."""
    outputs: range = range(1)


TYPES = {
    "ECR": ActionType(
        ("Source",), frozenset({"RepositoryName"}), frozenset({"ImageTag"}), outputs=range(1, 2)
    ),
    "CodeBuild": ActionType(
        ("Build", "Test"),
        frozenset({"ProjectName"}),
        frozenset({"PrimarySource", "EnvironmentVariables", "BuildspecOverride", "ServiceRoleArnOverride"}),
        not_played={"BatchEnabled": "false", "CombineArtifacts": "false"},
        inputs=range(1, 6),
        outputs=range(6),
    ),
    "CodeDeployToECS": ActionType(
        ("Deploy",),
        frozenset(
            {
                "ApplicationName",
                "DeploymentGroupName",
                "TaskDefinitionTemplateArtifact",
                "AppSpecTemplateArtifact",
            }
        ),
        frozenset({"TaskDefinitionTemplatePath", "AppSpecTemplatePath"}),
        more=re.compile(r"Image[1-4](ArtifactName|ContainerName)"),
        inputs=range(1, 6),
    ),
    "Lambda": ActionType(
        ("Invoke",),
        frozenset({"FunctionName"}),
        frozenset({"UserParameters"}),
        inputs=range(6),
        outputs=range(6),
    ),
    "Manual": ActionType(
        ("Approval",),
        optional=frozenset({"NotificationArn", "CustomData", "ExternalEntityLink"}),
    ),
}
"""By provider; every other one is refused by name."""


def refuse(pipeline: Pipeline) -> None:
    """InvalidStructure for what CreatePipeline refuses of an action, RehearsalError for what is not played."""
    for action in pipeline.actions:
        type_ = TYPES.get(action.provider)
        if type_ is None:
            raise _not_played(pipeline, action, f"has provider {action.provider}", f"{_listed(TYPES)}")
        wrong = list(_wrong(action, type_))
        if wrong:
            raise InvalidStructure(f"action {action.name!r} ({action.provider}) {'; '.join(wrong)}")
        for key, only in type_.not_played.items():
            given = action.configuration.get(key, only)
            if given.lower() != only:
                raise _not_played(pipeline, action, f"has {key} {given}", f"{key} {only}")


def _wrong(action: ActionDeclaration, type_: ActionType) -> Iterator[str]:
    if action.category not in type_.categories:
        yield f"has category {action.category}; it is {' or '.join(type_.categories)}"
    given = action.configuration
    for key in sorted(type_.required):
        if not given.get(key):
            yield f"has no {key}, which it needs"
    known = {*type_.required, *type_.optional, *type_.not_played}
    for key in given:
        if key not in known and not (type_.more and type_.more.fullmatch(key)):
            yield f"has the unknown configuration {key}; it takes {_listed(known)}"
    for what, names, number in (
        ("input", action.inputs, type_.inputs),
        ("output", action.outputs, type_.outputs),
    ):
        if len(names) not in number:
            most = number[-1]
            few = f"{most}" if number[0] == most else f"{number[0]} to {most}"
            yield f"has {len(names)} {what} artifacts; it takes {few}"
    primary = given.get("PrimarySource")
    if primary and primary not in action.inputs:
        yield f"has PrimarySource {primary}, which is none of its input artifacts {_listed(action.inputs)}"
    if action.provider == "CodeBuild" and len(action.inputs) > 1 and not primary:
        yield "has several input artifacts and no PrimarySource, which says where the buildspec is"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "(none)"


def _not_played(pipeline: Pipeline, action: ActionDeclaration, what: str, played: str) -> RehearsalError:
    return RehearsalError(
        f"action {action.name} of pipeline {pipeline.name} {what}",
        f"the rehearsal plays {played}",
        "rehearse without the action, or with another",
    )

"""A pipeline's actions and stages as values: each action carries the statements and the variables it needs.

Values may be known later (Pulumi outputs); nothing here looks into them. Configurations are in CodePipeline's own spelling.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.policy import Statement

OWNER, VERSION = "AWS", "1"
"""Of every action here (CodePipeline User Guide, action-reference)."""


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable of the pipeline, which whoever starts a release may set."""

    name: str
    default: str
    """Without one, every start would need a value."""
    meaning: str

    @property
    def expression(self) -> str:
        """How an action's configuration reads it (CodePipeline User Guide, reference-variables)."""
        return f"#{{variables.{self.name}}}"


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action of a stage (CodePipeline User Guide, reference-pipeline-structure)."""

    name: str
    category: str
    provider: str
    configuration: Mapping[str, Any]
    inputs: Sequence[str] = ()
    """Artifacts it reads."""
    outputs: Sequence[str] = ()
    """Artifacts it makes."""
    namespace: str | None = None
    """Under which later actions read its output variables."""
    run_order: int | None = None
    """Actions of a lower number end first; None is CodePipeline's own default of 1."""
    timeout_minutes: int | None = None
    """None leaves CodePipeline's default; only some providers take another."""
    needs: Sequence[Statement] = ()
    """What the pipeline's role must be allowed for it."""
    variables: Sequence[Variable] = ()
    """Variables of the pipeline that must be there for it."""


@dataclass(frozen=True, kw_only=True)
class EntryRule:
    """A rule that lets an execution enter a stage, or fails it (CodePipeline User Guide, rule-reference)."""

    name: str
    provider: str
    configuration: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Actions behind one lock: a stage takes one execution at a time (CodePipeline User Guide, concepts-how-it-works)."""

    name: str
    actions: Sequence[Action]
    before_entry: EntryRule | None = None


@dataclass(frozen=True, kw_only=True)
class Store:
    """Where a pipeline keeps its artifacts, and what its role must be allowed there."""

    bucket: Any
    key_arn: str | None
    """Customer key; None for S3's own."""
    needs: Sequence[Statement]


@dataclass(frozen=True, kw_only=True)
class Released:
    """How an action gets at one image of a release, whatever brought it into the pipeline."""

    digest: str
    """Expression of a pipeline variable that is the image's digest."""
    artifact: str
    """Artifact that holds the image's `imageDetail.json`."""


@dataclass(frozen=True, kw_only=True)
class Handed:
    """How an action gets at the templates that this execution has fetched, whatever fetched them."""

    artifact: str
    """Artifact that holds their files."""
    version: str
    """Expression of a pipeline variable that is their version."""


def variables_of(stages: Sequence[Stage]) -> list[Variable]:
    """Every variable that an action of these stages needs, each once, by name."""
    needed = {one.name: one for stage in stages for action in stage.actions for one in action.variables}
    return [needed[name] for name in sorted(needed)]


def needs_of(stages: Sequence[Stage]) -> list[Statement]:
    """Every statement that an action of these stages needs, in their order."""
    return [statement for stage in stages for action in stage.actions for statement in action.needs]


def ecr_source_action(  # noqa: PLR0913  (what a source action is made of)
    *,
    name: str,
    repository: Any,
    tag: str,
    artifact: str,
    namespace: str,
    needs: Sequence[Statement],
    variables: Sequence[Variable] = (),
) -> Action:
    """The ECR source action (CodePipeline User Guide, action-reference-ECR)."""
    return Action(
        name=name,
        category="Source",
        provider="ECR",
        configuration={"RepositoryName": repository, "ImageTag": tag},
        outputs=(artifact,),
        namespace=namespace,
        needs=needs,
        variables=variables,
    )


def approval_action(message: str, timeout_minutes: int) -> Action:
    """A person's consent (CodePipeline User Guide, approvals-action-add)."""
    return Action(
        name="Approve",
        category="Approval",
        provider="Manual",
        configuration={"CustomData": message},
        timeout_minutes=timeout_minutes,
    )


def codebuild_action(  # noqa: PLR0913  (what a build action is made of)
    *,
    name: str,
    project: Any,
    environment: Mapping[str, str],
    inputs: Sequence[str],
    outputs: Sequence[str],
    namespace: str,
    run_order: int,
    needs: Sequence[Statement],
    variables: Sequence[Variable] = (),
) -> Action:
    """The CodeBuild action (CodePipeline User Guide, action-reference-CodeBuild).

    The build is told `environment` as a JSON text, of which the action takes 1,000 characters.
    """
    told = [{"name": key, "value": value, "type": "PLAINTEXT"} for key, value in environment.items()]
    return Action(
        name=name,
        category="Build",
        provider="CodeBuild",
        configuration={"ProjectName": project, "EnvironmentVariables": json.dumps(told)},
        inputs=inputs,
        outputs=outputs,
        namespace=namespace,
        run_order=run_order,
        needs=needs,
        variables=variables,
    )


def lambda_action(  # noqa: PLR0913  (what an invoke action is made of)
    *,
    name: str,
    function: Any,
    parameters: str,
    run_order: int,
    needs: Sequence[Statement],
    variables: Sequence[Variable] = (),
) -> Action:
    """The Lambda invoke action (CodePipeline User Guide, action-reference-Lambda).

    `parameters` are a text of which the action takes 1,000 characters.
    """
    return Action(
        name=name,
        category="Invoke",
        provider="Lambda",
        configuration={"FunctionName": function, "UserParameters": parameters},
        run_order=run_order,
        needs=needs,
        variables=variables,
    )


def codedeploy_action(  # noqa: PLR0913  (what a deploy action is made of)
    *,
    name: str,
    application: Any,
    group: Any,
    templates: str,
    task_definition: str,
    appspec: str,
    images: Mapping[str, str],
    run_order: int,
    needs: Sequence[Statement],
) -> Action:
    """The CodeDeployToECS action (CodePipeline User Guide, action-reference-ECSbluegreen).

    `templates` is the artifact that holds both files; `images` are artifacts with an `imageDetail.json`, by the placeholder
    that the image replaces in the task definition.
    """
    replaced = {
        f"Image{number}{what}": value
        for number, (placeholder, artifact) in enumerate(images.items(), 1)
        for what, value in (("ArtifactName", artifact), ("ContainerName", placeholder))
    }
    return Action(
        name=name,
        category="Deploy",
        provider="CodeDeployToECS",
        configuration={
            "ApplicationName": application,
            "DeploymentGroupName": group,
            "TaskDefinitionTemplateArtifact": templates,
            "TaskDefinitionTemplatePath": task_definition,
            "AppSpecTemplateArtifact": templates,
            "AppSpecTemplatePath": appspec,
            **replaced,
        },
        inputs=tuple(dict.fromkeys((templates, *images.values()))),
        run_order=run_order,
        needs=needs,
    )


def deployment_window(cron: str, time_zone: str) -> EntryRule:
    """Lets releases begin in a window only (CodePipeline User Guide, rule-reference-DeploymentWindow)."""
    return EntryRule(
        name="Window", provider="DeploymentWindow", configuration={"Cron": cron, "TimeZone": time_zone}
    )

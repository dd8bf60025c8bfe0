"""What one pipeline execution is made of: its values, and what an action sees and answers.

Not here: how executions move (`service.py`) and what a pipeline declares (`declared.py`).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rehearsal.codepipeline.conditions import RuleRun
from rehearsal.codepipeline.status import ActionStatus, ExecutionStatus
from rehearsal.errors import AwsRefusal
from rehearsal.identity.authority import Credentials


class ActionFailed(AwsRefusal):
    """An action ended as Failed; code and text are what CodePipeline shows as its error details."""


class StartRefused(AwsRefusal):
    """StartPipelineExecution is refused: no execution comes to be; the code is the API's exception name."""


@dataclass(frozen=True)
class SourceRevision:
    """A source revision override (API codepipeline.SourceRevisionOverride)."""

    action_name: str
    revision_type: str
    """`IMAGE_DIGEST`, or another of API codepipeline.SourceRevisionType."""
    revision_value: str


@dataclass(frozen=True)
class ArtifactLocation:
    """Where one artifact of one execution lies, and which source revision it stands for."""

    bucket: str
    key: str
    version_id: str | None = None
    revision: str | None = None
    """Revision of the source it came from, handed on by the actions in between."""


class PutArtifact(Protocol):
    """Stores an output artifact."""

    def __call__(
        self,
        name: str,
        data: bytes,
        credentials: Credentials | None = None,
        key_id: str | None = None,
        revision: str | None = None,
    ) -> ArtifactLocation:
        """Put the bytes of a zip; with the action's own credentials and the pipeline's key when left out.

        `revision` is a source's to say: the revision it found. Other actions hand on that of their inputs.
        """
        ...


class GetArtifact(Protocol):
    """Reads an input artifact."""

    def __call__(self, name: str, credentials: Credentials | None = None) -> bytes:
        """Answer the bytes of a zip; read with the action's own credentials when left out."""
        ...


PlaceArtifact = Callable[[str], ArtifactLocation]
"""Answers where an output artifact of this name will lie, for an action whose artifacts others store."""


class Note(Protocol):
    """Puts on record what a provider knows of a run while it goes on."""

    def __call__(self, **known: str) -> None:
        """Set fields of the ActionRun: `external_id`, `summary`, `token`, `updated_by`."""
        ...


def _unnoted(**known: str) -> None:
    """Nobody keeps a record."""


@dataclass(frozen=True)
class ActionCall:
    """Everything an action is told when it runs."""

    pipeline: str
    stage: str
    action: str
    execution_id: str
    configuration: Mapping[str, str]
    """The declared configuration, every variable resolved."""
    inputs: Mapping[str, ArtifactLocation]
    outputs: Sequence[str]
    role_arn: str
    """The role the action acts as: its own `roleArn` or the pipeline's."""
    credentials: Credentials
    put_artifact: PutArtifact
    get_artifact: GetArtifact
    place_artifact: PlaceArtifact
    encryption_key: str | None = None
    """The pipeline's own key for its artifacts, as it is declared."""
    source_revision: SourceRevision | None = None
    """The override for this action, when it is a source action that has one."""
    timeout_minutes: float | None = None
    """The declared `timeoutInMinutes`."""
    abandoned: threading.Event = field(default_factory=threading.Event)
    """Set when the execution was stopped without waiting; the provider may go on all the same."""
    note: Note = _unnoted


class ActionProvider(Protocol):
    """Does what one action provider does."""

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Run to the end and answer the output variables; raises ActionFailed (or AccessDenied)."""
        ...


@dataclass(frozen=True)
class ActionRun:
    """One action of one execution, as it stands."""

    stage: str
    action: str
    provider: str
    status: ActionStatus
    started: float
    """Seconds on the monotonic clock."""
    ended: float | None = None
    summary: str = ""
    error_code: str | None = None
    error_message: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    """Output variables, also those of an action without namespace."""
    id: str = ""
    """The action execution's own."""
    configuration: Mapping[str, str] = field(default_factory=dict[str, str])
    """Every variable resolved; empty where one could not be."""
    inputs: Mapping[str, ArtifactLocation] = field(default_factory=dict[str, ArtifactLocation])
    made: Mapping[str, ArtifactLocation] = field(default_factory=dict[str, ArtifactLocation])
    """Its output artifacts."""
    external_id: str = ""
    """The provider's own id of what it does: of a build, of a deployment."""
    token: str = ""
    """What an approval is answered by."""
    updated_by: str = ""
    """ARN of who answered it."""


@dataclass(frozen=True)
class Execution:
    """One pipeline execution, as it stands."""

    id: str
    pipeline: str
    status: ExecutionStatus
    trigger: str
    """`StartPipelineExecution`, `CloudWatchEvent`, `CreatePipeline`, ... (API codepipeline.TriggerType)."""
    variables: Mapping[str, str]
    source_revisions: Sequence[SourceRevision]
    started: float
    ended: float | None = None
    summary: str = ""
    """Why it ended, where CodePipeline says so."""
    stage: str | None = None
    """The stage it is in, waits for, or ended in."""
    actions: Sequence[ActionRun] = ()
    """In the order they started; a retried action is here twice."""
    trigger_detail: str = ""
    """ARN of the rule, user or role that started it (API codepipeline.ExecutionTrigger)."""
    rules: Sequence[RuleRun] = ()
    """The runs of rules of its stages' conditions, in the order they were run."""
    entered: Sequence[str] = ()
    """The stages it was let into, in that order."""
    stop_reason: str | None = None
    """What StopPipelineExecution was given; None while nobody stopped it."""

    def action(self, name: str) -> ActionRun:
        """The last run of an action; LookupError that names those which ran."""
        for run in reversed(self.actions):
            if run.action == name:
                return run
        raise LookupError(
            f"action {name!r} never ran in {self.id}; these did: {[run.action for run in self.actions]}"
        )


Approver = Callable[[ActionCall], bool]
"""Answers an approval without a person: True approves."""

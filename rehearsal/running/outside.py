"""What a rehearsal plays of the world outside the stack: who approves, what time it is, what functions answer, what exists."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from documents import cron
from documents.appspec import HOOKS
from rehearsal.codepipeline.execution import Approver
from rehearsal.ecr.registry_rules import TagRule
from rehearsal.errors import StackError, UsageError
from rehearsal.host.database_address import Wanted
from settings import Settings

HookResult = Literal["Succeeded", "Failed"]
"""What a hook's function tells CodeDeploy (CodeDeploy API Reference, PutLifecycleEventHookExecutionStatus)."""

Asked = Callable[[str], bool]
"""Answers an approval request, whose text it is given."""


class Stop(NamedTuple):
    """Where a release ends that the outside world does not let through."""

    where: str
    words: str
    """Part of the reason that the pipeline gives."""


@dataclass(frozen=True)
class Outside:
    """The answers of a world that the program does not declare."""

    approve: Asked | None = None
    """None when nobody is there to ask."""
    rejects: bool = False
    """Every approval is refused, whoever is asked."""
    at: datetime | None = None
    """When releases are played, for the deployment window; None for a moment inside it."""
    hooks: Mapping[str, HookResult] = field(default_factory=dict[str, HookResult])
    """Results of hooks by CodeDeploy's own name of the event; the others succeed."""
    repository: TagRule = field(default_factory=TagRule)
    """Tag mutability of a repository that the stack uses and does not make; ECR's own default is MUTABLE."""

    database: Wanted = field(default_factory=Wanted)
    """The application's database."""
    secrets: Path | None = None
    """File with values of the stack's secrets (see `evaluation/secrets_file.py`)."""
    build_limit: float | None = None
    """Real seconds that a build gets where its project gives more; None leaves it the project's own."""

    def approver(self) -> Approver | None:
        """Who answers an approval action; None waits for CodePipeline's PutApprovalResult."""
        ask = self.approve
        if self.rejects:
            return lambda call: False  # noqa: ARG005  (the answer to every question)
        if ask is None:
            return None
        return lambda call: ask(call.configuration.get("CustomData") or f"Approve {call.action}?")

    def continuer(self) -> Asked | None:
        """Who ends a pause of ECS's deployments, as approvals are answered; None waits for ECS's ContinueServiceDeployment."""
        return (lambda _: False) if self.rejects else self.approve

    def stop(self, settings: Settings) -> Stop | None:
        """What stops a release of such a stack in this world; None when nothing does, or a person is yet to be asked."""
        window = settings.release.window
        if self.rejects and settings.release.approval is not None:
            return Stop("at its approval", "The approval action was rejected")
        if self.rejects:
            return Stop("at its pause", "was rolled back by a user")
        if window is not None and self.at is not None:
            there = cron.zone(window.time_zone)
            if not cron.matches(window.cron, self.now(settings)().astimezone(there)):
                return Stop("in front of its stage", "outside the deployment window")
        failed = next((event for event in HOOKS if self.hooks.get(event) == "Failed"), None)
        return Stop(f"by the hook {failed}", f"of hook {failed} answered Failed") if failed else None

    def now(self, settings: Settings) -> Callable[[], datetime]:
        """The time of day in this rehearsal, which goes on from `at`.

        Without `at` it is now, or the next moment inside the window when now is outside: a rehearsal of working hours must
        not depend on when it is played.
        """
        window, began = settings.release.window, datetime.now(UTC)
        if window is None:
            return lambda: datetime.now(UTC)
        there = cron.zone(window.time_zone)
        begin = self.at or cron.next_inside(window.cron, began.astimezone(there))
        begin = begin if begin.tzinfo else begin.replace(tzinfo=there)
        return lambda: begin + (datetime.now(UTC) - began)

    def _refuse_a_window_that_stays_shut(self, settings: Settings) -> None:
        """Raise UsageError when nobody says when it is, and the window opens at no moment that could be waited for."""
        window = settings.release.window
        if window is None or self.at is not None:
            return
        try:
            self.now(settings)
        except cron.InvalidWindow as error:
            raise UsageError(
                "delivery:release.window", str(error), "say with --at when it is, or correct the window"
            ) from None

    def refuse_what_does_not_fit(self, settings: Settings) -> None:
        """Raise UsageError for an answer nobody asks for and a question nobody answers, StackError for what is not played."""
        for name, service in settings.services.items():
            if service.further_target_groups:
                raise StackError(
                    f"services.{name}.furtherTargetGroups",
                    "the rehearsal has no target groups of others, and does not play that",
                    "rehearse without it; what is played is in docs/fidelity.md",
                )
        questions = _questions(settings)
        if questions and self.approve is None and not self.rejects:
            raise UsageError(
                questions[0],
                "a person must answer it, and there is no terminal to ask on",
                "say --approve or --reject",
            )
        if self.rejects and not questions:
            raise UsageError(
                "--reject",
                "the stack declares no release.approval that could be rejected, nor a pause of a rollout",
                "leave it out",
            )
        if self.at is not None and settings.release.window is None:
            raise UsageError(
                f"--at {self.at:%Y-%m-%d %H:%M}",
                "the stack declares no release.window that could heed it",
                "leave it out",
            )
        self._refuse_a_window_that_stays_shut(settings)
        declared = {
            event for service in settings.services.values() for event in service.rollout.hooks.given()
        }
        for event in self.hooks:
            if event not in declared:
                raise UsageError(
                    f"--hook {event}",
                    f"the stack declares {', '.join(sorted(declared)) or 'no hooks'}",
                    "name a declared one, or leave it out",
                )
        if settings.image.create_repository and self.repository != TagRule():
            raise UsageError(
                f"--repository-tags {self.repository.mutability}",
                "the stack makes its repository itself (images.<name>.createRepository)",
                "leave it out",
            )


def _questions(settings: Settings) -> list[str]:
    """The settings that make a release wait for a person."""
    pauses = [
        f"services.{name}.rollout.lifecycleHooks"
        for name, service in settings.services.items()
        if any(hook.pause is not None for hook in service.rollout.lifecycle_hooks)
    ]
    return [*(["release.approval"] if settings.release.approval is not None else []), *pauses]


def hook_results(given: list[str]) -> dict[str, HookResult]:
    """Results by event, from `EVENT=RESULT` texts; UsageError for any other text."""
    results: dict[str, HookResult] = {}
    for text in given:
        name, _, result = text.partition("=")
        event = next((one for one in HOOKS if one.lower() == name.lower()), None)
        known = next((one for one in get_args(HookResult) if one.lower() == result.lower()), None)
        if event is None or known is None:
            raise UsageError(
                f"--hook {text}",
                f"an event of CodeDeploy ({', '.join(HOOKS)}) and the result of its function (Succeeded or Failed) are needed",
                "write for example --hook AfterAllowTestTraffic=Failed",
            )
        results[event] = known
    return results


def moment(text: str) -> datetime:
    """A moment as ISO 8601 has it, `2026-11-26 09:30` or `2026-11-26T09:30+01:00`; UsageError for any other text.

    Without an offset it is the time of the deployment window's own zone.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at {text}", "is no date with a time", "write it as 2026-11-26T09:30") from None


def tag_rule(text: str) -> TagRule:
    """Tag mutability by ECR's own words; `IMMUTABLE_WITH_EXCLUSION:stg,prd` names the filters. UsageError else.

    Amazon ECR User Guide, image-tag-mutability.
    """
    word, _, filters = text.partition(":")
    excluded = tuple(part for part in filters.split(",") if part)
    if word in ("MUTABLE", "IMMUTABLE") and not filters:
        return TagRule(word)
    if word in ("MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION") and excluded:
        return TagRule(word, excluded)
    raise UsageError(
        f"--repository-tags {text}",
        "is none of MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION:FILTER,… and MUTABLE_WITH_EXCLUSION:FILTER,…",
        "write what your repository says, for example IMMUTABLE_WITH_EXCLUSION:stg,prd",
    )

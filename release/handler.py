"""What Lambda calls: one step of a release for one job of CodePipeline's, answered whatever happens.

The event is never logged nor shown: it carries credentials (CodePipeline User Guide, action-reference-Lambda).
"""

import os
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from release import check, rollout
from release.answers import Answers
from release.aws import Aws, code_of, is_denied, message_of, operation_of
from release.findings import Refusal, RefusedError
from release.job import CheckOrder, Job, Order, RolloutOrder
from release.log import log
from release.outcome import Later, Outcome, Refused
from release.subject import Subject, subject

O = TypeVar("O", bound=Order)  # noqa: E741  (an order)


@dataclass(frozen=True)
class Step(Generic[O]):
    """One thing the function does."""

    order: type[O]
    """What it is told."""
    run: Callable[[Subject, O, str], Outcome]
    """Takes a release, what it is told of it, and the continuation token of the job before."""
    again: str
    """What helps when it could not come to its end."""
    without: str
    """How releases go on while the function has a fault."""
    late: Callable[[str], Later] | None = None
    """The answer when one call took too long, from the token of the job before; None where that fails the release."""


STEPS: Mapping[str, Step[Any]] = {
    "check": Step(
        CheckOrder,
        check.run,
        again="start the release again; nothing was migrated",
        without="release.check: false and pulumi up let releases go on without it",
    ),
    "rollout": Step(
        RolloutOrder,
        rollout.run,
        again=rollout.AGAIN,
        without="aws ecs update-service deploys by hand what was registered",
        late=rollout.late,
    ),
}
"""What the function does, by the parameter `step`."""

MARGIN = 5
"""Seconds before the function's own limit at which it gives up, to be heard still."""

_AWS = Aws()
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _AWS.ready(
        "codebuild", "codedeploy", "codepipeline", "cloudwatch", "ecr", "ecs", "s3", "secretsmanager", "ssm"
    )


class Context(Protocol):
    """What Lambda says of an invocation (Lambda Developer Guide, python-context)."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the function."""
        ...


def handle(event: Mapping[str, Any], context: Context) -> None:
    """Do the step that the job asks for, and answer; LookupError for an event that is no job."""
    job = Job.of(event)
    answers = Answers(_AWS, job.id, context.aws_request_id)
    seconds = max(context.get_remaining_time_in_millis() / 1000 - MARGIN, 0)
    late = threading.Timer(seconds, _give_up, (answers, job, round(seconds)))
    late.daemon = True
    late.start()
    try:
        answers.give(_outcome(job))
    finally:
        late.cancel()


def _outcome(job: Job) -> Outcome:
    """How the step ended, also where nobody foresaw it."""
    try:
        return _attempt(_step(job.step), job)
    except RefusedError as refused:
        return Refused((refused.refusal,))


def _attempt(step: Step[Any], job: Job) -> Outcome:
    try:
        order = job.order(step.order)
        return step.run(subject(_AWS, order.digest), order, job.token)
    except RefusedError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, the pipeline must not wait for twenty minutes)
        return Refused((_unforeseen(error, step),))


def _step(name: str) -> Step[Any]:
    if name in STEPS:
        return STEPS[name]
    raise RefusedError(
        f"step {name!r}",
        f"this function knows {', '.join(STEPS)}",
        "run pulumi up, which brings the function and the pipeline to one version",
        "ConfigurationError",
    )


def _unforeseen(error: Exception, step: Step[Any]) -> Refusal:
    """A sentence without what the error itself says, unless AWS said it: a value of a secret may stand there."""
    place = _place(error)
    log(error=type(error).__name__, place=place)
    match error:
        case ClientError() if is_denied(error):
            return Refusal(
                f"{operation_of(error)} in {place}",
                f"this function's role may not: {message_of(error)}",
                f"compare the role with pulumi preview, somebody or a policy of the organization narrowed it; then {step.again}",
                "PermissionError",
            )
        case ClientError():
            said = f"AWS answered {code_of(error)}: {message_of(error)}"
            return Refusal(f"{operation_of(error)} in {place}", said, step.again, "SystemUnavailable")
        case BotoCoreError() | OSError():
            return Refusal(
                f"{type(error).__name__} in {place}", "AWS did not answer", step.again, "SystemUnavailable"
            )
        case _:
            return Refusal(
                f"{type(error).__name__} in {place}",
                "this is a fault of the release function",
                f"report it; until it is mended, {step.without}",
                "JobFailed",
            )


def _place(error: Exception) -> str:
    """Where in this package an error came up."""
    here = Path(__file__).parent
    frames = [one for one in traceback.extract_tb(error.__traceback__) if Path(one.filename).parent == here]
    return f"release/{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "release"


def _give_up(answers: Answers, job: Job, seconds: int) -> None:
    step = _step(job.step)
    if step.late is not None:
        answers.give(step.late(job.token))
        return
    slow = "AWS answered too slowly for it to end in time"
    found = Refusal(f"the release function after {seconds} seconds", slow, step.again, "SystemUnavailable")
    answers.give(Refused((found,)))

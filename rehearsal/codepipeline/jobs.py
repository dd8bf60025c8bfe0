"""Jobs that CodePipeline gives to others, and the one answer to each.

AWS documents: codepipeline/latest/APIReference/API_PutJobSuccessResult.md, API_PutJobFailureResult.md;
codepipeline/latest/userguide/limits.md (total size of output variables).
"""

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from rehearsal.errors import AwsRefusal
from rehearsal.world.clock import Clock

LARGEST_VARIABLES = 122_880
"""Bytes of all output variables of one action."""


class JobRefused(AwsRefusal):
    """An answer is not taken; the code is the API's exception name."""


@dataclass(frozen=True)
class Done:
    """The job has succeeded, or goes on: with a token it is given out again."""

    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    continuation_token: str | None = None
    summary: str = ""
    """What the function says of it; CodePipeline shows it as the action's."""
    external_id: str = ""
    """The function's own id of what it does."""


@dataclass(frozen=True)
class Failed:
    """The job has failed."""

    type: str
    """API codepipeline.FailureType."""
    message: str
    external_id: str = ""


Answer = Done | Failed


@dataclass
class _Job:
    answered: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None
    closed: bool = False


class Jobs:
    """Every job of one CodePipeline."""

    def __init__(self) -> None:
        """There is none yet."""
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}

    def open(self) -> str:
        """A new job's id."""
        job_id = str(uuid.uuid4())
        with self._lock:
            self._jobs[job_id] = _Job()
        return job_id

    def answer(self, job_id: str, answer: Answer) -> None:
        """Take the answer to a job that waits for one; JobRefused for any other."""
        if isinstance(answer, Done):
            _refuse_variables(answer)
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None:
                raise JobRefused("JobNotFoundException", f"Could not find job with id {job_id}")
            if job.closed or job.answer is not None:
                raise JobRefused(
                    "InvalidJobStateException",
                    f"Job {job_id} has its result already: only one that is in progress takes one",
                )
            job.answer = answer
            job.answered.set()

    def wait(self, job_id: str, clock: Clock, seconds: float) -> Answer | None:
        """The answer; None when it has not come in so many declared seconds, after which it is taken no more."""
        job = self._jobs[job_id]
        clock.sleep(seconds, until=job.answered)
        with self._lock:
            job.closed = True
            return job.answer


def _refuse_variables(answer: Done) -> None:
    if answer.continuation_token is not None and answer.variables:
        raise JobRefused(
            "ValidationException", "outputVariables can be included only when there is no continuationToken"
        )
    size = sum(len(text.encode()) for pair in answer.variables.items() for text in pair)
    if size > LARGEST_VARIABLES:
        raise JobRefused(
            "OutputVariablesSizeExceededException",
            f"the output variables have {size} bytes; all of an action's have {LARGEST_VARIABLES} at most",
        )

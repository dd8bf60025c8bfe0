"""What CodePipeline is told of a job. A second answer, or one that comes too late, changes nothing."""

from typing import Any

from botocore.exceptions import ClientError

from release.aws import Aws, code_of
from release.log import log
from release.outcome import Done, Later, Outcome, Refused

MESSAGE, SUMMARY = 5000, 2048
"""Characters that are taken (CodePipeline API Reference, FailureDetails, ExecutionDetails)."""

_OVER = frozenset({"InvalidJobStateException", "JobNotFoundException"})
"""The job has its answer already, or is no more (CodePipeline API Reference, PutJobSuccessResult)."""


class Answers:
    """The answers to one job."""

    def __init__(self, aws: Aws, job: str, request: str) -> None:
        """`request` is the invocation, by which the log's lines are found."""
        self._aws = aws
        self._job = job
        self._request = request

    def give(self, outcome: Outcome) -> None:
        """Tell CodePipeline how a step ended."""
        match outcome:
            case Done(summary):
                self._send("put_job_success_result", executionDetails=self._details(summary))
            case Later(token, summary):
                self._send(
                    "put_job_success_result",
                    continuationToken=token,
                    executionDetails=self._details(summary),
                )
            case Refused(refusals):
                text = "\n".join(map(str, refusals))
                details = {"type": refusals[0].kind, "message": text[:MESSAGE]}
                self._send(
                    "put_job_failure_result",
                    failureDetails={**details, "externalExecutionId": self._request},
                )

    def _details(self, summary: str) -> dict[str, str]:
        return {"summary": summary[:SUMMARY], "externalExecutionId": self._request}

    def _send(self, call: str, **what: Any) -> None:
        try:
            getattr(self._aws.client("codepipeline"), call)(jobId=self._job, **what)
        except ClientError as error:
            if code_of(error) not in _OVER:
                raise
            log(job=self._job, answer=call, ignored=code_of(error))
        else:
            log(job=self._job, answer=call)

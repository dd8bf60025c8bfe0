"""The Lambda invoke action: a job for a function, until the function says how it went.

AWS documents: codepipeline/latest/userguide/action-reference-Lambda.md (event, configuration, artifacts),
actions-invoke-lambda-function.md (permissions, continuation), limits.md (20 minutes, 24 hours); lambda/latest/dg/lambda-services.md
(CodePipeline invokes asynchronously, so a function that fails is tried again, and only its silence fails the action).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from documents.place import Place
from rehearsal.codepipeline.execution import ActionCall, ActionFailed, ArtifactLocation
from rehearsal.codepipeline.jobs import Answer, Failed, Jobs
from rehearsal.identity.authority import AccessDenied
from rehearsal.lambda_.declared import Function, arn_of
from rehearsal.lambda_.service import Functions, InvokeRefused
from rehearsal.world.cloud import Cloud

PATIENCE = 20 * 60.0
"""Seconds that a job waits for its answer."""
LONGEST = 24 * 60 * 60.0
"""Seconds that an action goes on, however often it is continued."""
AGAIN_AFTER = 30.0
"""Seconds after which a continued job is given out again; AWS documents "periodically"."""
MOST_ARTIFACTS = 5

_KNOWN = ("FunctionName", "UserParameters")


class LambdaInvoke:
    """Provider `Lambda`."""

    def __init__(self, cloud: Cloud, functions: Functions, jobs: Jobs) -> None:
        """Invoke `functions`, whose answers come to `jobs`."""
        self._cloud = cloud
        self._functions = functions
        self._jobs = jobs

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Give out jobs until one is answered without a continuation token; its output variables."""
        function = self._checked(call)
        outputs = {name: call.place_artifact(name) for name in call.outputs}
        clock = self._cloud.clock
        end = clock.now() + LONGEST
        token: str | None = None
        while True:
            answer = self._asked(function, self._data(call, outputs, token), end)
            if isinstance(answer, Failed):
                call.note(external_id=answer.external_id)
                raise ActionFailed(answer.type, answer.message)
            call.note(summary=answer.summary, external_id=answer.external_id)
            if answer.continuation_token is None:
                return answer.variables
            token = answer.continuation_token
            self._tell_of_more(call, answer.summary)
            if call.abandoned.is_set() or clock.sleep(AGAIN_AFTER, until=call.abandoned):
                raise ActionFailed("JobFailed", "the execution was stopped")
            self._authorize(call, "lambda:InvokeFunction", function.arn)

    def _tell_of_more(self, call: ActionCall, summary: str) -> None:
        self._cloud.journal.record(
            "CodePipeline",
            f"action {call.action} goes on" + (f": {summary}" if summary else ""),
            pipeline=call.pipeline,
            execution=call.execution_id,
            stage=call.stage,
            action=call.action,
        )

    def _asked(self, function: Function, data: Mapping[str, Any], end: float) -> Answer:
        """One job's answer."""
        left = end - self._cloud.clock.now()
        if left <= 0:
            raise ActionFailed(
                "JobFailed", f"The action was still in progress after {LONGEST / 3600:g} hours"
            )
        job_id = self._jobs.open()
        job = {"id": job_id, "accountId": self._cloud.place.account, "data": data}
        self._functions.queue(function, json.dumps({"CodePipeline.job": job}).encode())
        answer = self._jobs.wait(job_id, self._cloud.clock, min(PATIENCE, left))
        if answer is None:
            raise ActionFailed("JobFailed", _silence(function))
        return answer

    def _data(
        self, call: ActionCall, outputs: Mapping[str, ArtifactLocation], token: str | None
    ) -> dict[str, Any]:
        """The event's `data` ("Example JSON event")."""
        policy = _artifacts_only(self._cloud.place, call.inputs.values(), outputs.values())
        credentials = self._cloud.authority.narrowed(call.credentials, policy)
        data: dict[str, Any] = {
            "actionConfiguration": {"configuration": dict(call.configuration)},
            "inputArtifacts": [_artifact(name, where) for name, where in call.inputs.items()],
            "outputArtifacts": [_artifact(name, where) for name, where in outputs.items()],
            "artifactCredentials": {
                "accessKeyId": credentials.access_key_id,
                "secretAccessKey": credentials.secret_access_key,
                "sessionToken": credentials.session_token,
            },
        }
        if token is not None:
            data["continuationToken"] = token
        if call.encryption_key is not None:
            data["encryptionKey"] = {"id": call.encryption_key, "type": "KMS"}
        return data

    def _checked(self, call: ActionCall) -> Function:
        """The function, after everything was looked at that CodePipeline looks at before it invokes."""
        given = call.configuration
        problems = [f"{key} is unknown" for key in given if key not in _KNOWN]
        problems += [] if given.get("FunctionName") else ["FunctionName is missing"]
        for what, names in (("input", call.inputs), ("output", call.outputs)):
            if len(names) > MOST_ARTIFACTS:
                problems.append(f"{len(names)} {what} artifacts, {MOST_ARTIFACTS} at most")
        if problems:
            raise ActionFailed("ConfigurationError", f"Invalid action configuration: {'; '.join(problems)}")
        self._authorize(call, "lambda:ListFunctions", "*")
        name = given["FunctionName"]
        self._authorize(call, "lambda:InvokeFunction", arn_of(self._cloud.place, name))
        try:
            return self._functions.function(name)
        except InvokeRefused as refused:
            raise ActionFailed("ConfigurationError", f"FunctionName {name}: {refused}") from refused

    def _authorize(self, call: ActionCall, action: str, resource: str) -> None:
        try:
            self._cloud.authority.authorize(call.role_arn, action, resource)
        except AccessDenied as denied:
            raise ActionFailed("PermissionError", str(denied)) from denied


def _artifacts_only(
    place: Place, inputs: Iterable[ArtifactLocation], outputs: Iterable[ArtifactLocation]
) -> dict[str, Any]:
    """What a job's own credentials are for: "to access input and output artifacts in the Amazon S3 bucket"."""
    read, written = (
        [f"{place.bucket_arn(where.bucket)}/{where.key}" for where in places] for places in (inputs, outputs)
    )
    statements = [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": read + written},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": written},
        {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
    ]
    return {"Version": "2012-10-17", "Statement": [one for one in statements if one["Resource"]]}


def _artifact(name: str, where: ArtifactLocation) -> dict[str, Any]:
    stored = {"bucketName": where.bucket, "objectKey": where.key}
    return {"name": name, "revision": where.revision, "location": {"type": "S3", "s3Location": stored}}


def _silence(function: Function) -> str:
    return (
        f"The AWS Lambda function {function.name} failed to return a result. Check the function to verify that it has "
        "permission to call the PutJobSuccessResult action and that it made a call to PutJobSuccessResult."
    )

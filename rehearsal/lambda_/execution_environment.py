"""One execution environment: a process in which one function is loaded, and one invocation runs at a time.

AWS documents: lambda/latest/dg/lambda-runtime-environment.md (init, reuse, reset after a failure), configuration-envvars.md
(what the environment knows), configuration-timeout.md, gettingstarted-limits.md (size of answers).
"""

import json
import os
import shutil
import time
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rehearsal.host.environment import FIXED
from rehearsal.host.processes import Processes
from rehearsal.identity.authority import Credentials
from rehearsal.lambda_.declared import Function
from rehearsal.lambda_.kinds import PRINCIPAL, stored
from rehearsal.lambda_.log import FunctionLog, Report
from rehearsal.lambda_.process import MEBIBYTE, Ended, RuntimeProcess
from rehearsal.lambda_.sdk import linked
from rehearsal.world.cloud import Cloud

INIT_SECONDS = 10.0
"""What loading a function may take before it is begun again, as part of its first invocation."""
LARGEST_ANSWER = 6_291_556
"""Bytes of an answer."""


@dataclass(frozen=True)
class Invocation:
    """How one invocation ended."""

    request_id: str
    payload: bytes
    """What the handler answered as JSON, or the error object."""
    log: str
    """Its lines in the log."""
    error: Mapping[str, Any] | None = None
    """The error object; None when the handler has answered."""


class ExecutionEnvironment:
    """A process that is started at once, and loads its function while others do something else."""

    def __init__(self, cloud: Cloud, processes: Processes, function: Function) -> None:
        """Start it, as the function's role; AccessDenied when Lambda may not act as that."""
        self.function = function
        self._cloud = cloud
        self._processes = processes
        self._credentials = cloud.authority.assume(
            function.role_arn, PRINCIPAL, {"aws:SourceArn": function.arn}
        )
        day = datetime.now(UTC).strftime("%Y/%m/%d")
        self._log = FunctionLog(cloud, function, self._credentials, f"{day}/[$LATEST]{uuid.uuid4().hex}")
        self._task = _unpacked(cloud, function)
        self._process = self._start()
        self._loaded: dict[str, Any] | None = None

    @property
    def usable(self) -> bool:
        """Whether another invocation may run in it."""
        return self._process.runs

    def invoke(self, payload: bytes, request_id: str) -> Invocation:
        """Run the handler once; what goes wrong in it is part of the answer. Takes the function's timeout at most."""
        began = time.monotonic()
        init, status = None, "success"
        try:
            if self._loaded is None:
                self._loaded = self._load()
                began = time.monotonic()
                init = (float(self._loaded.get("ready", began)) - self._process.began) * 1000
            answer = self._loaded if "error" in self._loaded else self._ask(payload, request_id)
        except Ended as ended:
            after = f" after {self.function.timeout:.2f} seconds" if ended.status == "timeout" else ""
            text = f"RequestId: {request_id} Error: {ended}{after}"
            answer, status = {"error": {"errorType": ended.kind, "errorMessage": text}}, ended.status
            self.stop()
        else:
            self._process.freeze()
        report = Report(
            request_id=request_id,
            milliseconds=(time.monotonic() - began) * 1000,
            memory=max(self._process.peak // MEBIBYTE, 1),
            init_milliseconds=init,
            status=status,
        )
        return self._ended(_within_size(answer), report)

    def stop(self) -> None:
        """End the process and whatever it has started."""
        self._process.stop()

    def _ended(self, answer: Mapping[str, Any], report: Report) -> Invocation:
        error = answer.get("error")
        if error and report.status != "timeout":
            report = report.failed(str(error["errorType"]))
        payload = json.dumps(error) if error else str(answer["result"])
        log = self._log.write(self._process.lines(), report)
        if error and "error" in (self._loaded or {}):
            self.stop()  # what could not be loaded is loaded anew for the next invocation
        return Invocation(report.request_id, payload.encode(), log, error)

    def _load(self) -> dict[str, Any]:
        """What the runtime says after it has loaded the function; Ended."""
        try:
            return self._process.receive(self._process.began + INIT_SECONDS)
        except Ended as ended:
            if ended.status != "timeout":
                raise
        self._process.stop()
        self._process = self._start()
        return self._process.receive(self._process.began + self.function.timeout)

    def _ask(self, payload: bytes, request_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + self.function.timeout
        self._process.send(
            {
                "id": request_id,
                "arn": self.function.arn,
                "event": payload.decode("utf-8", "replace"),
                "deadline": time.time() + self.function.timeout,
                "ahead": self._cloud.clock.ahead(),
                "trace": f"Root=1-{int(time.time()):x}-{uuid.uuid4().hex[:24]};Sampled=0",
            }
        )
        return self._process.receive(deadline)

    def _start(self) -> RuntimeProcess:
        function = self.function
        return RuntimeProcess(
            self._processes,
            variables=_variables(self._cloud, function, self._credentials, self._log.stream, self._task),
            folder=self._task,
            sdk=linked(self._cloud.scratch / "functions" / "sdk"),
            log_format="JSON" if function.logging.json else "Text",
            log_level=function.logging.application_level or "",
            memory=function.memory,
        )


def _within_size(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    size = len(str(answer.get("result", "")).encode())
    if size <= LARGEST_ANSWER:
        return answer
    text = f"Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER} bytes)."
    return {"error": {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": text}}


def _unpacked(cloud: Cloud, function: Function) -> Path:
    """The folder of the function's code, which it may not write to; the same for the same package."""
    package = stored(cloud, function.code_sha256)
    folder = package.with_suffix("")
    if not folder.is_dir():
        partly = folder.with_suffix(f".{uuid.uuid4().hex}")
        with zipfile.ZipFile(package) as archive:
            archive.extractall(partly)
        for place, _, names in os.walk(partly):
            for name in names:
                (Path(place) / name).chmod(0o444)
        try:
            partly.rename(folder)
        except OSError:  # another environment was first
            shutil.rmtree(partly)
    return folder


def _variables(
    cloud: Cloud, function: Function, credentials: Credentials, stream: str, task: Path
) -> dict[str, str]:
    """The process's whole environment: the function's variables, what Lambda adds, and where the local cloud is."""
    region = cloud.place.region
    return {
        "TZ": ":UTC",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        **function.environment,
        **FIXED,
        "_HANDLER": function.handler,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logging.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token or "",
        "LAMBDA_TASK_ROOT": str(task),
        "LAMBDA_RUNTIME_DIR": str(task),
        "AWS_ENDPOINT_URL": cloud.endpoint,
    }

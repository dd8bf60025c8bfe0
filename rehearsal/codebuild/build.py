"""One build, phase by phase.

AWS documents: codebuild/latest/userguide/view-build-details-phases.md (transitions; UPLOAD_ARTIFACTS is
always attempted, even if BUILD fails), build-spec-ref.md (commands, finally, on-failure),
build-env-ref-env-vars.md (what builds know). Before the shell starts, `service_role.py` does what CodeBuild
does as the service role.
"""

import contextlib
import time
from collections.abc import Generator, Mapping
from pathlib import Path

from botocore.exceptions import ClientError

from rehearsal.codebuild import buildspec, service_role
from rehearsal.codebuild.buildspec import Buildspec, Phase
from rehearsal.codebuild.log import BuildLog
from rehearsal.codebuild.output import NothingToUpload, collect
from rehearsal.codebuild.record import BuildRecord, BuildStatus
from rehearsal.codebuild.service_role import PhaseFailed
from rehearsal.codebuild.shell import BuildShell, ShellNotStarted, ShellTimeout
from rehearsal.errors import AwsRefusal
from rehearsal.identity.authority import Credentials
from rehearsal.world import said
from rehearsal.world.zips import zipped

_ENDED = {"TIMED_OUT": BuildStatus.TIMED_OUT, "STOPPED": BuildStatus.STOPPED}
"""How a build ends that no phase failed, by what its last phase is told."""


class BuildFailed(AwsRefusal):
    """A build ended otherwise than as SUCCEEDED; the text is what CodePipeline shows of it."""


class BuildStopped(Exception):
    """Somebody stopped the build."""


class Build:
    """Runs an order once."""

    def __init__(self, record: BuildRecord) -> None:
        """Prepare the build of a record, which is kept up to date; nothing happens before `run`."""
        self._record = record
        order = self._order = record.order
        self._told_until = time.monotonic()
        self._log = BuildLog(order.cloud, order.project.name, order.id, order.project.log)
        self._failure: PhaseFailed | None = None

    def run(self) -> Mapping[str, str]:
        """Run every phase; the exported variables, or BuildFailed."""
        order = self._order
        order.cloud.journal.record(
            "CodeBuild", f"build {order.project.name}:{order.id} started", number=order.number
        )
        exported: Mapping[str, str] = {}
        try:
            exported = self._phases()
        except PhaseFailed as failure:
            self._failure = self._failure or failure
        except ShellTimeout:
            self._failure = PhaseFailed(self._record.phases[-1].name, "TIMED_OUT", str(order.timeout))
        except BuildStopped:
            self._failure = PhaseFailed(self._record.phases[-1].name, "STOPPED", "Build was stopped")
        finally:
            with contextlib.suppress(ClientError):  # it failed before for the reason that is told already
                self._log.flush()
        if self._failure is None:
            self._record.complete(BuildStatus.SUCCEEDED, exported)
            order.cloud.journal.record("CodeBuild", f"build {order.project.name}:{order.id} succeeded")
            return exported
        self._record.complete(_ENDED.get(self._failure.code, BuildStatus.FAILED))
        raise BuildFailed("JobFailed", self._told(self._failure))

    def _phases(self) -> Mapping[str, str]:
        order = self._order
        started = time.monotonic()
        with self._phase("PROVISIONING"):
            credentials = service_role.provision(
                order.cloud, order.project, order.role_arn, order.id, self._log
            )
        with self._phase("DOWNLOAD_SOURCE"):
            source = service_role.download(order.inputs, order.primary, credentials, order.workplace.folder)
            document = service_role.document(order.cloud, credentials, order.document, source)
            declared = buildspec.merged(document.variables, order.project.variables, order.variables)
            values = service_role.variables(order.cloud, credentials, declared.values(), self._log)
        environment = {**self._environment(source), **values, **self._safety(credentials)}
        deadline = started + order.timeout.seconds
        posix = document.shell != "bash"
        shell = BuildShell(
            order.workplace.processes,
            environment,
            source,
            posix=posix,
            deadline=deadline,
            watch=lambda: self._watch(shell),
        )
        with shell:
            self._commands(shell, document)
            with self._phase("UPLOAD_ARTIFACTS"):
                self._upload(document, credentials, source)
            if self._failure is not None:
                raise self._failure
            after = shell.end()
        return {name: after[name] for name in document.exported if name in after}

    def _commands(self, shell: BuildShell, document: Buildspec) -> None:
        """The four phases of commands.

        A failed install or pre_build skips what follows, a failed build does not skip post_build, which sees
        CODEBUILD_BUILD_SUCCEEDING=0; `on-failure: CONTINUE` goes on, ABORT does not.
        """
        for name, phase in document.phases.items():
            try:
                with self._phase(name.upper()):
                    self._run_phase(shell, name.upper(), phase)
            except PhaseFailed as failure:
                self._failure = self._failure or failure
                # The variable must reach a shell that a command has ended as well.
                with contextlib.suppress(ShellNotStarted):
                    shell.run("export CODEBUILD_BUILD_SUCCEEDING=0")
                goes_on = phase.on_failure == "CONTINUE" or (phase.on_failure is None and name == "build")
                if not goes_on:
                    return

    def _watch(self, shell: BuildShell) -> None:
        """Look at a command that runs: whether it goes on, and once a second what it has written."""
        if self._record.stop.is_set():
            raise BuildStopped
        if self._log.is_by_line and time.monotonic() - self._told_until > 1:
            self._log.output(shell.output(whole_lines=True))
            with contextlib.suppress(ClientError):  # the phase's end tells a role that may not
                self._log.flush()
            self._told_until = time.monotonic()

    def _run_phase(self, shell: BuildShell, name: str, phase: Phase) -> None:
        failure: PhaseFailed | None = None
        for command in phase.commands:
            failure = self._command(shell, name, command)
            if failure:
                break
        for command in phase.finally_:
            failure = self._command(shell, name, command) or failure
        if failure:
            raise failure

    def _command(self, shell: BuildShell, phase: str, command: str) -> PhaseFailed | None:
        self._log.agent(f"Running command {command}")
        self._log.command_begins()
        try:
            code = shell.run(command)
        except ShellNotStarted as refused:
            reason = str(refused)
        else:
            if code == 0:
                return None
            reason = f"exit status {code}"
        finally:
            self._log.output(shell.output())
        text = f"Error while executing command: {_shortened(command)}. Reason: {reason}"
        return PhaseFailed(phase, "COMMAND_EXECUTION_ERROR", self._log.masked(text))

    def _upload(self, document: Buildspec, credentials: Credentials, source: Path) -> None:
        """Zip and store the action's declared outputs with the build role's own credentials."""
        order = self._order
        for name in order.outputs:
            # One output artifact is the buildspec's own, several are its secondary ones by name.
            output = document.output if len(order.outputs) == 1 else document.secondary.get(name)
            if output is None:
                raise PhaseFailed(
                    "UPLOAD_ARTIFACTS",
                    "CLIENT_ERROR",
                    f"no artifacts declared in the buildspec for output artifact {name}",
                )
            try:
                order.put(name, zipped(collect(output, source)), credentials, order.project.key_id)
            except NothingToUpload as nothing:
                raise PhaseFailed("UPLOAD_ARTIFACTS", "CLIENT_ERROR", str(nothing)) from nothing
            except ClientError as error:
                raise PhaseFailed(
                    "UPLOAD_ARTIFACTS",
                    "CLIENT_ERROR",
                    f"Error in UPLOAD_ARTIFACTS phase: {said.whole(error)}",
                ) from error

    @contextlib.contextmanager
    def _phase(self, name: str) -> Generator[None]:
        """Log and record a phase's end, and send the log."""
        if self._record.stop.is_set():
            raise BuildStopped
        begun = time.monotonic()
        self._record.begin(name)
        self._log.agent(f"Entering phase {name}")
        failure: PhaseFailed | None = None
        try:
            yield
        except PhaseFailed as error:
            failure = error
        except (ShellTimeout, BuildStopped) as over:
            timed_out = isinstance(over, ShellTimeout)
            self._record.end(BuildStatus.TIMED_OUT if timed_out else BuildStatus.STOPPED)
            raise
        code, message = (failure.code, str(failure)) if failure else ("", "")
        state = BuildStatus.FAILED if failure else BuildStatus.SUCCEEDED
        self._log.agent(f"Phase complete: {name} State: {state}")
        self._log.agent(f"Phase context status code: {code} Message: {message}")
        seconds = round(time.monotonic() - begun, 3)
        self._order.cloud.journal.record(
            "CodeBuild", f"phase {name} {state}", build=self._order.id, seconds=seconds
        )
        self._record.end(state, code, self._log.masked(message))
        self._record.log = self._log.place
        if failure is None or name != "PROVISIONING":  # the log itself is opened in PROVISIONING
            service_role.flushed(self._log, name, self._order.role_arn)
        if failure is not None:
            raise failure

    def _environment(self, source: Path) -> dict[str, str]:
        """What every build is told (build-env-ref-env-vars.md), and where things are here."""
        order, project = self._order, self._order.project
        place = order.workplace
        region = order.cloud.place.region
        path = (
            place.path if project.has_docker else f"{service_role.without_docker(place.folder)}:{place.path}"
        )
        revision = next((one.revision for one in order.inputs if one.revision), None)
        known = {
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "CODEBUILD_BUILD_ARN": service_role.build_arn(order.cloud, project, order.id),
            "CODEBUILD_BUILD_ID": f"{project.name}:{order.id}",
            "CODEBUILD_BUILD_IMAGE": project.image,
            "CODEBUILD_BUILD_NUMBER": str(order.number),
            "CODEBUILD_BUILD_SUCCEEDING": "1",
            "CODEBUILD_INITIATOR": order.initiator,
            "CODEBUILD_KMS_KEY_ID": project.key_id or order.cloud.place.arn("kms", "alias/aws/s3"),
            "CODEBUILD_PROJECT_ARN": project.arn,
            "CODEBUILD_SRC_DIR": str(source),
            "CODEBUILD_START_TIME": str(int(time.time() * 1000)),
            "HOME": str(service_role.folder(place.folder, "home")),
            "LANG": "C.UTF-8",
            "PATH": path,
            "TMPDIR": str(service_role.folder(place.folder, "tmp")),
            **place.environment,
        }
        if revision:
            known["CODEBUILD_RESOLVED_SOURCE_VERSION"] = revision
        for one in order.inputs:
            if one.name != source.name:
                known[f"CODEBUILD_SRC_DIR_{one.name}"] = str(source.parent / one.name)
        return known

    def _safety(self, credentials: Credentials) -> dict[str, str]:
        """What keeps every SDK and CLI in the local cloud, whatever the project declares."""
        return {
            "AWS_ENDPOINT_URL": self._order.cloud.endpoint,
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token or "",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }

    def _told(self, failure: PhaseFailed) -> str:
        """CodePipeline's words for a failed build, then the last lines of its own output."""
        state = _ENDED.get(failure.code, BuildStatus.FAILED)
        text = f"Build terminated with state: {state}. Phase: {failure.phase}, Code: {failure.code}, Message: {failure}"
        return self._log.masked("\n".join([text, *self._log.tail()]))


def _shortened(command: str) -> str:
    """The first line of a command, which may be a whole script."""
    lines = command.strip().splitlines()
    return lines[0] + (" ..." if len(lines) > 1 else "") if lines else ""

"""CodeBuild: starts builds of declared projects, as many at a time as they may have.

AWS document: codebuild/latest/userguide/limits.md (concurrent builds). How a build itself runs is in `build.py`.
"""

import contextlib
import itertools
import threading
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.codebuild import declared
from rehearsal.codebuild.build import Build
from rehearsal.codebuild.buildspec import EnvironmentVariable
from rehearsal.codebuild.order import Order, PutOutput, Timeout, Workplace
from rehearsal.codebuild.record import BuildRecord, BuildStatus
from rehearsal.codebuild.service_role import Input
from rehearsal.errors import AwsRefusal
from rehearsal.host.processes import Processes
from rehearsal.host.tools import build_path
from rehearsal.world.cloud import Cloud


class StartBuildRefused(AwsRefusal):
    """StartBuild is refused: no build comes to be; the code is the API's exception name."""


@dataclass(frozen=True, kw_only=True)
class StartBuild:
    """What StartBuild is asked for; None and empty are what the project declares."""

    initiator: str
    """Who starts it, as CODEBUILD_INITIATOR says it."""
    inputs: Sequence[Input]
    primary: str | None = None
    """The input the commands run in; needed with more than one."""
    outputs: Sequence[str]
    put: PutOutput
    service_role: str | None = None
    buildspec: str | None = None
    variables: Sequence[EnvironmentVariable] = ()


@dataclass
class CodeBuild:
    """The account's CodeBuild."""

    cloud: Cloud
    processes: Processes
    """Looks after the builds' shells; leaving it stops them."""
    docker: Path | None = None
    """Folder whose `docker` answers for the runtime, put first on a build's PATH."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the runtime needs builds to know besides."""
    limit: float | None = None
    """Real seconds that the user of this rehearsal gives a build, where the project gives more."""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _active: dict[str, int] = field(default_factory=dict[str, int], init=False)
    _records: dict[str, BuildRecord] = field(default_factory=dict[str, BuildRecord], init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), init=False)

    def project(self, name: str) -> declared.Project:
        """A declared project; StartBuildRefused when there is none of that name."""
        try:
            return declared.read(self.cloud.one(declared.PROJECT_TYPE, name=name))
        except LookupError:
            arn = self.cloud.place.arn("codebuild", f"project/{name}")
            raise StartBuildRefused("ResourceNotFoundException", f"Project cannot be found: {arn}") from None

    def run(
        self, project: declared.Project, asked: StartBuild, began: Callable[[str], None] = lambda _: None
    ) -> Mapping[str, str]:
        """Run one build to its end; its exported variables. Raises StartBuildRefused, or BuildFailed with phase, code and message.

        `began` is told the build's id once there is one.
        """
        with self._slot(project):
            record = BuildRecord(self._order(project, asked))
            with self._lock:
                self._records[record.id] = record
            began(record.id)
            return Build(record).run()

    def record(self, build_id: str) -> BuildRecord | None:
        """What is known of a build; None for an id that is no build's."""
        with self._lock:
            return self._records.get(build_id)

    def records(self) -> list[BuildRecord]:
        """What is known of every build, oldest first."""
        with self._lock:
            return list(self._records.values())

    def stop(self, record: BuildRecord) -> None:
        """End a build where it is; harmless for one that has ended."""
        if record.status == BuildStatus.IN_PROGRESS:
            self.cloud.journal.record("CodeBuild", f"build {record.id} is being stopped")
            record.stop.set()

    @contextlib.contextmanager
    def _slot(self, project: declared.Project) -> Generator[None]:
        """Hold one of the project's concurrent builds; over the limit a build "is not run"."""
        with self._lock:
            active = self._active.get(project.name, 0)
            if project.concurrent_builds is not None and active >= project.concurrent_builds:
                # CodeBuild documents this text for the account's limit; for a project's it documents none.
                raise StartBuildRefused(
                    "AccountLimitExceededException",
                    f"Cannot have more than {project.concurrent_builds} active builds for the project {project.name}",
                )
            self._active[project.name] = active + 1
        try:
            yield
        finally:
            with self._lock:
                self._active[project.name] -= 1

    def _order(self, project: declared.Project, asked: StartBuild) -> Order:
        number = next(self._numbers)
        # Never compressed: a build does real work, and takes as long here as it is allowed to take on AWS.
        timeout = Timeout(project.timeout_minutes * 60.0)
        if self.limit is not None and self.limit < timeout.seconds:
            timeout = Timeout(self.limit, instead_of=project.timeout_minutes)
        return Order(
            cloud=self.cloud,
            project=project,
            initiator=asked.initiator,
            inputs=asked.inputs,
            primary=asked.primary,
            outputs=asked.outputs,
            put=asked.put,
            id=str(uuid.uuid4()),
            number=number,
            role_arn=asked.service_role or project.service_role,
            document=asked.buildspec or project.buildspec,
            variables=asked.variables,
            timeout=timeout,
            workplace=Workplace(
                processes=self.processes,
                folder=self.cloud.scratch / "builds" / f"{number}-{project.name}",
                path=build_path(self.docker),
                environment=self.environment,
            ),
        )

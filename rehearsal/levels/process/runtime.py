"""Level `process`: a task's containers as plain processes of this machine.

What it keeps of a container: the image's own files by digest, command, environment, working directory, TERM
and KILL. What it can't keep: isolation, users, limits, and a network of its own. Two tasks of one service
would fight for the container's port, so each gets a free one, given to the process as `PORT` (and
`PORT_<declared port>`); an application has to honor that variable. `HOST` is set to 127.0.0.1, so that one
which honors it can be reached from this machine only. Images of other registries can't be pulled here: a
stand-in plays them, and the task says which.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.host.ports import free_port
from rehearsal.host.processes import Child, Processes
from rehearsal.images.registry import Registry, RegistryError, ecr_token
from rehearsal.levels import stand_in
from rehearsal.levels.image_reference import ImageReference
from rehearsal.levels.process import listening
from rehearsal.levels.process.store import Store, StoreError, machine_architecture
from rehearsal.levels.process.unpacked import Unpacked
from rehearsal.levels.runtime import ContainerSpec
from rehearsal.world.journal import Journal

if TYPE_CHECKING:
    from rehearsal.world.cloud import Cloud


@dataclass(frozen=True)
class _Started:
    """One container's process."""

    spec: ContainerSpec
    child: Child
    ports: dict[int, int]
    """Declared port to the port on 127.0.0.1."""


class ProcessTask:
    """A task whose containers are processes."""

    def __init__(self, processes: Processes, started: Sequence[_Started], stands_in: Sequence[str]) -> None:
        """Take over the started processes."""
        self._processes = processes
        self._started = {one.spec.name: one for one in started}
        self.stands_in = tuple(stands_in)
        """Images that a stand-in plays; a report must say so."""

    def address(self, container: str, port: int) -> tuple[str, int]:
        """Host and port at which a container's declared port answers; raises LookupError."""
        started = self._started.get(container)
        if started is None or port not in started.ports:
            declared = {name: sorted(one.ports) for name, one in self._started.items()}
            raise LookupError(
                f"no container {container!r} with port {port} in this task; declared are {declared}"
            )
        return "127.0.0.1", started.ports[port]

    def exit_code(self) -> int | None:
        """Exit code of an essential container that ended (128 + signal when killed); None while all run."""
        for started in self._started.values():
            code = started.child.poll()
            if started.spec.essential and code is not None:
                return code if code >= 0 else 128 - code
        return None

    def checked(self) -> bool | None:
        """None: health checks of containers are refused at this level."""
        return None

    def log_tail(self, lines: int = 20) -> list[str]:
        """The last lines; with several containers, each one's under its name."""
        if len(self._started) == 1:
            return next(iter(self._started.values())).child.tail(lines)
        return [f"{name} | {line}" for name, one in self._started.items() for line in one.child.tail(lines)][
            -lines:
        ]

    def written(self, container: str, lines: int) -> list[str]:
        """The last lines of one container."""
        return self._started[container].child.tail(lines)

    def stop(self, timeout: float) -> None:
        """Send TERM to every container, after `timeout` real seconds KILL; returns when nothing runs."""
        self._processes.stop_together([started.child for started in self._started.values()], timeout)


class ProcessRuntime:
    """Starts tasks as processes, with images from the rehearsal's registry.

    `host` is the host part of references to that registry. Pulls are made with the registry's own token:
    whether the execution role may pull is the caller's question. `architecture` is the declared CPU of the
    tasks, `amd64` or `arm64`; an image for another one ends as it does there, with `exec format error`. This
    machine's by default.
    """

    level = "process"

    def __init__(  # noqa: PLR0913  (what the runtime stands on)
        self,
        processes: Processes,
        registry: Registry,
        host: str,
        scratch: Path,
        *,
        architecture: str | None = None,
        journal: Journal | None = None,
    ) -> None:
        """Keep images and tasks below `scratch`; a stand-in is said in `journal`."""
        self._journal = journal
        self._processes = processes
        self._registry = registry
        self._host = host
        self._folder = scratch / "tasks"
        self._store = Store(scratch / "images")
        self._architecture = architecture or machine_architecture()

    @classmethod
    def of(cls, cloud: "Cloud", processes: Processes, *, architecture: str | None = None) -> "ProcessRuntime":
        """The runtime of a local cloud, pulling as its administrator."""
        registry = Registry(cloud.endpoint, lambda: ecr_token(cloud.client("ecr")))
        return cls(
            processes,
            registry,
            cloud.place.registry,
            cloud.scratch,
            architecture=architecture,
            journal=cloud.journal,
        )

    def run_task(
        self, task_id: str, containers: Sequence[ContainerSpec], cpu: str, memory: str
    ) -> ProcessTask:
        """Start every container; raises RuntimeError with ECS's own word for the reason.

        `cpu` and `memory` limit nothing at this level.
        """
        del cpu, memory
        for spec in containers:
            if spec.definition.get("healthCheck"):
                raise RuntimeError(
                    f"NotPlayedError: container {spec.name} has a health check of its own, and no process is asked one: "
                    "rehearse at level container, or leave it out"
                )
        started: list[_Started] = []
        played: list[str] = []
        try:
            for spec in containers:
                if spec.elsewhere or ImageReference(spec.image).host != self._host:
                    played.append(spec.image)
                    started.append(self._start_stand_in(task_id, spec))
                else:
                    started.append(self._start(task_id, spec))
        except BaseException:
            for one in started:
                self._processes.stop(one.child, 0.0)
            raise
        return ProcessTask(self._processes, started, played)

    def _start(self, task_id: str, spec: ContainerSpec) -> _Started:
        space = self._folder / task_id / spec.name
        config = self._prepare(spec, space)
        ports = {port: free_port() for port in spec.ports}
        given = {
            "HOST": "127.0.0.1",
            **spec.environment,
        }  # for an application that would listen on every address
        for declared, real in ports.items():
            given[f"PORT_{declared}"] = str(real)
        if ports:
            given["PORT"] = str(ports[spec.ports[0]])
        try:
            launch = config.launch(
                given,
                entry_point=spec.entry_point,
                command=spec.command,
                working_directory=spec.working_directory,
            )
            launch.words = [listening.moved(word, ports) for word in launch.words]
            child = self._processes.start(
                launch.words, environment=launch.environment, folder=launch.folder, log=space / "log"
            )
        except (OSError, ValueError) as error:
            # ECS developer guide, "Amazon ECS stopped tasks error messages"
            raise RuntimeError(f"CannotStartContainerError: {spec.name}: {error}") from error
        return _Started(spec, child, ports)

    def _prepare(self, spec: ContainerSpec, space: Path) -> Unpacked:
        reference = ImageReference(spec.image)
        try:
            if not reference.digest or self._store.find(reference) is None:
                self._store.pull(self._registry, reference, self._architecture)
            digest = self._store.find(reference) or ""
            config = self._store.config(digest)
            unpacked = Unpacked(config, space)
            self._store.unpack(digest, unpacked.root)
        except (RegistryError, StoreError) as error:
            raise RuntimeError(f"CannotPullContainerError: {spec.image}: {error}") from error
        built_for = config.get("architecture")
        if built_for != self._architecture:
            raise RuntimeError(
                f"CannotStartContainerError: {spec.name}: exec format error: "
                f"the image is for {built_for}, the task runs on {self._architecture}"
            )
        return unpacked

    def _start_stand_in(self, task_id: str, spec: ContainerSpec) -> _Started:
        if self._journal is not None:
            self._journal.record("ECS", f"{spec.image} can't be pulled at level process; a stand-in plays it")
        space = self._folder / task_id / spec.name
        space.mkdir(parents=True, exist_ok=True)
        ports = {port: free_port() for port in spec.ports}
        child = self._processes.start(
            [sys.executable, "-I", "-S", stand_in.__file__, spec.image, *map(str, ports.values())],
            environment={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            folder=space,
            log=space / "log",
        )
        return _Started(replace(spec, environment={}), child, ports)

"""Ways to run a task's containers: as processes of this machine, or as real containers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class ContainerSpec:
    """One container of a task, its environment complete."""

    name: str
    image: str
    """Image reference as the task definition has it."""
    elsewhere: bool = False
    """Whether the image is in no registry of the local cloud, whatever its host."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Plain variables and resolved secrets; left out of the repr because secrets are in it."""
    command: Sequence[str] = ()
    entry_point: Sequence[str] = ()
    ports: Sequence[int] = ()
    user: str | None = None
    working_directory: str | None = None
    essential: bool = True
    stop_timeout: float = 30.0
    """Declared seconds between TERM and KILL (ECS's `stopTimeout`)."""
    security_groups: Sequence[str] = ()
    """Groups the task's network interface is in, for what only containers can honor."""
    definition: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The container definition as registered, for what only containers can honor."""


class RunningTask(Protocol):
    """A started task."""

    def address(self, container: str, port: int) -> tuple[str, int]:
        """Host and port at which a container's declared port answers from here."""
        ...

    def exit_code(self) -> int | None:
        """Exit code of the first essential container that ended; None while all run."""
        ...

    def checked(self) -> bool | None:
        """Whether the essential containers that have health checks of their own are healthy; None when none has one."""
        ...

    def log_tail(self, lines: int = 20) -> list[str]:
        """The last lines the task's containers wrote."""
        ...

    def written(self, container: str, lines: int) -> list[str]:
        """The last lines that one of them wrote."""
        ...

    def stop(self, timeout: float) -> None:
        """Send TERM, after `timeout` real seconds KILL; returns when nothing runs any more."""
        ...


class Runtime(Protocol):
    """Starts tasks at one level of reality."""

    level: str

    def run_task(
        self, task_id: str, containers: Sequence[ContainerSpec], cpu: str, memory: str
    ) -> RunningTask:
        """Start every container of a task; raises RuntimeError with the reason when one can't be started."""
        ...

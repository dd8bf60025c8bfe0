"""A running task whose containers are real, with stand-ins for images that can't be had."""

import contextlib
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from rehearsal.host.processes import Child, Processes
from rehearsal.levels.container.docker_api import DockerApi, DockerRefused
from rehearsal.levels.runtime import ContainerSpec
from rehearsal.world.declared_blocks import block
from rehearsal.world.logs import KEPT_LINES


@dataclass
class Started:
    """One started container."""

    spec: ContainerSpec
    id: str
    address: str
    """Its address in the task's network."""
    tail: list[str] = field(default_factory=list[str])
    """Its last words, kept when it is removed."""
    code: int | None = None


@dataclass(frozen=True)
class StandIn:
    """A process in the place of a container whose image can't be had."""

    spec: ContainerSpec
    child: Child
    ports: Mapping[int, int]


class ContainerTask:
    """A task whose containers are real."""

    def __init__(
        self, docker: DockerApi, processes: Processes, started: Sequence[Started], played: Sequence[StandIn]
    ) -> None:
        """Take over what was started."""
        self._docker = docker
        self._processes = processes
        self._containers = list(started)
        self._stand_ins = list(played)

    @property
    def stands_in(self) -> tuple[str, ...]:
        """Images that a stand-in plays; a report must say so."""
        return tuple(one.spec.image for one in self._stand_ins)

    @property
    def ids(self) -> dict[str, str]:
        """Docker's id of each container, by name."""
        return {one.spec.name: one.id for one in self._containers}

    def address(self, container: str, port: int) -> tuple[str, int]:
        """The container's own address and port; raises LookupError."""
        for one in self._containers:
            if one.spec.name == container and port in one.spec.ports:
                return one.address, port
        for stand_in in self._stand_ins:
            if stand_in.spec.name == container and port in stand_in.ports:
                return "127.0.0.1", stand_in.ports[port]
        raise LookupError(f"no container {container!r} with port {port} in this task")

    def exit_code(self) -> int | None:
        """Exit code of an essential container that ended; None while all run and none is unhealthy."""
        for stand_in in self._stand_ins:
            code = stand_in.child.poll()
            if stand_in.spec.essential and code is not None:
                return code
        return next(
            (
                code
                for one in self._containers
                if one.spec.essential and (code := self._code(one)) is not None
            ),
            None,
        )

    def checked(self) -> bool | None:
        """Whether Docker finds those essential containers healthy that have a health check; None when none has one."""
        having = [
            one for one in self._containers if one.spec.essential and one.spec.definition.get("healthCheck")
        ]
        return all(self._is_healthy(one) for one in having) if having else None

    def log_tail(self, lines: int = 20) -> list[str]:
        """The last lines; with several containers, each one's under its name."""
        tails = [(one.spec.name, self._tail(one, lines)) for one in self._containers]
        tails += [(one.spec.name, one.child.tail(lines)) for one in self._stand_ins]
        if len(tails) == 1:
            return tails[0][1][-lines:]
        return [f"{name} | {line}" for name, tail in tails for line in tail][-lines:]

    def written(self, container: str, lines: int) -> list[str]:
        """The last lines of one container."""
        played = {one.spec.name: one.child for one in self._stand_ins}
        if container in played:
            return played[container].tail(lines)
        return self._tail(next(one for one in self._containers if one.spec.name == container), lines)

    def stop(self, timeout: float) -> None:
        """The image's stop signal to every container, after `timeout` real seconds KILL; returns when all are gone."""
        with ThreadPoolExecutor(max(1, len(self._containers))) as workers:
            list(workers.map(lambda one: self._end(one, timeout), self._containers))
        for one in self._containers:
            with contextlib.suppress(DockerRefused):
                self._docker.ask("DELETE", f"/containers/{one.id}", query={"force": 1, "v": 1})
        self._processes.stop_together([one.child for one in self._stand_ins], timeout)

    def _code(self, one: Started) -> int | None:
        if one.code is not None:
            return one.code
        try:
            state: dict[str, Any] = self._docker.ask("GET", f"/containers/{one.id}/json")["State"]
        except DockerRefused as error:
            one.tail, one.code = [f"the container is gone: {error}"], 137
            return one.code
        if state["Status"] in ("exited", "dead"):
            one.tail = self._docker.log_tail(one.id, KEPT_LINES)
            if state.get("OOMKilled"):
                one.tail.append("OutOfMemoryError: Container killed due to memory usage")
            one.code = int(state["ExitCode"])
        elif block(state.get("Health")).get("Status") == "unhealthy":
            said = str((state["Health"].get("Log") or [{}])[-1].get("Output", "")).strip()
            one.tail = [
                *self._docker.log_tail(one.id, KEPT_LINES),
                f"Task failed container health checks: {said}",
            ]
            one.code = 137
        return one.code

    def _is_healthy(self, one: Started) -> bool:
        if one.code is not None:
            return False
        try:
            state: dict[str, Any] = self._docker.ask("GET", f"/containers/{one.id}/json")["State"]
        except DockerRefused:
            return False
        return block(state.get("Health")).get("Status") == "healthy"

    def _tail(self, one: Started, lines: int) -> list[str]:
        if one.code is None:
            with contextlib.suppress(DockerRefused):
                return self._docker.log_tail(one.id, lines)
        return one.tail[-lines:]

    def _end(self, one: Started, timeout: float) -> None:
        with contextlib.suppress(DockerRefused):
            query = {"t": math.ceil(timeout)}
            self._docker.ask("POST", f"/containers/{one.id}/stop", query=query, timeout=timeout + 60)
            self._code(one)

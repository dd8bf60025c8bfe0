"""Level `container`: a task's containers as real ones, in the network of the task's security groups.

Honored: command, entry point, environment and secrets, user, working directory, init process, read-only root, ulimits,
capabilities, health check, stop timeout; CPU and memory as hard limits of each container (on Fargate the containers of a
task share them). As on Fargate the containers of a task share one network: the first one's. Not played: volumes,
`dependsOn`, other log drivers. A container's health check has its declared, real seconds: what it judges is real as well.
Where Docker and Fargate differ, Fargate's way is taken: see docs/fidelity.md, "Docker and Fargate".
"""

import base64
import contextlib
import json
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rehearsal.host.ports import free_port
from rehearsal.host.processes import Processes
from rehearsal.images.registry import ecr_token
from rehearsal.levels import stand_in
from rehearsal.levels.container.docker_api import DockerApi, DockerRefused
from rehearsal.levels.container.networks import Network, Networks
from rehearsal.levels.container.owner import Owner
from rehearsal.levels.container.task import ContainerTask, StandIn, Started
from rehearsal.levels.image_reference import ImageReference
from rehearsal.levels.runtime import ContainerSpec
from rehearsal.world.cloud import Cloud
from rehearsal.world.declared_blocks import block, blocks

_MIB = 1024 * 1024
_CPU_UNITS = 1024
"""ECS's CPU units in one vCPU."""
_NANOSECONDS = 1_000_000_000
_OPEN_FILES = (65_535, 65_535)
"""Fargate's soft and hard nofile, where none is declared (ECS Developer Guide, fargate-tasks-services)."""
_SYSCTLS = {"net.ipv4.ip_unprivileged_port_start": "1024"}
"""Docker lets every user have every port, ECS only root those below 1024 (aws/containers-roadmap#1721, open)."""
_PULL_SECONDS = 60.0
"""Real seconds that the pull of a public image may take before a stand-in plays it."""


class ContainerRuntime:
    """Starts tasks as containers, with images from the rehearsal's registry or the public ones they name."""

    level = "container"

    def __init__(  # noqa: PLR0913  (one argument for each thing a task stands on)
        self,
        cloud: Cloud,
        processes: Processes,
        docker: DockerApi,
        owner: Owner,
        networks: Networks,
        *,
        platform: str = "",
    ) -> None:
        """`platform` is what to ask an index for, empty for the daemon's own."""
        self._cloud = cloud
        self._processes = processes
        self._docker = docker
        self._owner = owner
        self._networks = networks
        self._platform = platform
        told = docker.ask("GET", "/info")
        self._cpus = int(told["NCPU"])
        self._memory = int(told["MemTotal"])
        self._lock = threading.Lock()
        self._public: dict[str, bool] = {}
        self._gives_files = True
        """Whether this daemon may give as many open files as Fargate does; inside a container it may not."""

    def run_task(
        self, task_id: str, containers: Sequence[ContainerSpec], cpu: str, memory: str
    ) -> ContainerTask:
        """Start every container; raises RuntimeError with ECS's own word for the reason."""
        started: list[Started] = []
        played: list[StandIn] = []
        limits = self._limits(cpu, memory)
        network = self._networks.of([group for spec in containers[:1] for group in spec.security_groups])
        every_port = sorted({port for spec in containers for port in spec.ports})
        try:
            for spec in containers:
                image = self._image(spec)
                if image is None:
                    played.append(self._play(task_id, spec))
                    continue
                mode = f"container:{started[0].id}" if started else network.name
                name = f"{self._name(task_id)}-{spec.name}"

                def begin(
                    spec: ContainerSpec = spec, image: str = image, mode: str = mode, name: str = name
                ) -> Started:
                    body = self._body(spec, image, network, mode, limits)
                    if not started:
                        body["ExposedPorts"] = {f"{port}/tcp": {} for port in every_port}
                    return self._start(name, spec, body, started, network)

                started.append(self._with_files(begin))
        except BaseException:
            ContainerTask(self._docker, self._processes, started, played).stop(0.0)
            raise
        return ContainerTask(self._docker, self._processes, started, played)

    def _with_files(self, begin: Callable[[], Started]) -> Started:
        """Start with Fargate's open files, or with what this daemon may give, which the timeline says once."""
        gave = self._gives_files
        try:
            return begin()
        except RuntimeError as error:
            if not gave or "rlimit" not in str(error):
                raise
        with self._lock:
            first, self._gives_files = self._gives_files, False
        if first:  # others may have met it at the same time
            text = f"this Docker daemon may not give {_OPEN_FILES[1]} open files, as Fargate does; its own limit applies"
            self._cloud.journal.record("ECS", text)
        return begin()

    def _name(self, task_id: str) -> str:
        return f"delivery-rehearsal-{task_id[:12]}"

    def _limits(self, cpu: str, memory: str) -> dict[str, int]:
        """What the task may use; no more than this machine has, which Docker would refuse."""
        bytes_ = min(int(memory) * _MIB, self._memory)
        nano = min(int(int(cpu) / _CPU_UNITS * _NANOSECONDS), self._cpus * _NANOSECONDS)
        return {"NanoCpus": nano, "Memory": bytes_, "MemorySwap": bytes_}

    def _image(self, spec: ContainerSpec) -> str | None:
        """The image's name at this daemon, pulled; None when a stand-in must play it."""
        if spec.elsewhere or ImageReference(spec.image).host != self._cloud.place.registry:
            return spec.image if self._has_public(spec.image) else None
        image = spec.image.replace(self._cloud.place.registry, self._owner.registry, 1)
        if "@" in image and self._docker.has_image(image):
            return image
        user, _, password = base64.b64decode(ecr_token(self._cloud.client("ecr"))).decode().partition(":")
        login = {"username": user, "password": password, "serveraddress": self._owner.registry}
        try:
            header = base64.urlsafe_b64encode(json.dumps(login).encode()).decode()
            self._docker.pull(image, login=header, platform=self._platform)
        except DockerRefused as error:
            raise RuntimeError(f"CannotPullContainerError: {spec.image}: {error}") from error
        return image

    def _has_public(self, image: str) -> bool:
        """Whether the daemon has an image of another registry, or could pull it; asked once in a run."""
        with self._lock:
            if image not in self._public:
                self._public[image] = self._docker.has_image(image) or self._pulled(image)
            return self._public[image]

    def _pulled(self, image: str) -> bool:
        try:
            self._docker.pull(image, timeout=_PULL_SECONDS)
        except DockerRefused as error:
            said = str(error).splitlines()[0]
            self._cloud.journal.record("ECS", f"{image} can't be pulled here ({said}); a stand-in plays it")
            return False
        return True

    def _body(
        self, spec: ContainerSpec, image: str, network: Network, mode: str, limits: Mapping[str, int]
    ) -> dict[str, Any]:
        """The body of ContainerCreate."""
        environment = {
            name: network.endpoint if value == self._cloud.endpoint else value
            for name, value in spec.environment.items()
        }
        definition = spec.definition
        linux = block(definition.get("linuxParameters"))
        own = {"Memory": int(definition["memory"]) * _MIB} if definition.get("memory") else {}
        soft = definition.get("memoryReservation")
        host = {
            "NetworkMode": mode,
            "Init": linux.get("initProcessEnabled") is True,
            "ReadonlyRootfs": definition.get("readonlyRootFilesystem") is True,
            "LogConfig": {"Type": "json-file"},
            **limits,
            **own,
            **({"MemorySwap": own["Memory"]} if own else {}),
            **({"MemoryReservation": int(soft) * _MIB} if soft else {}),
            **({"CpuShares": int(definition["cpu"])} if definition.get("cpu") else {}),
        }
        capabilities = block(linux.get("capabilities"))
        host |= {"CapAdd": capabilities.get("add") or [], "CapDrop": capabilities.get("drop") or []}
        resources = {"nofile": _OPEN_FILES} if self._gives_files else {}
        resources |= {
            one["name"]: (one["softLimit"], one["hardLimit"]) for one in blocks(definition.get("ulimits"))
        }
        host["Ulimits"] = [
            {"Name": name, "Soft": soft, "Hard": hard} for name, (soft, hard) in resources.items()
        ]
        if not mode.startswith("container:"):  # the others share the first one's network and its names
            host["ExtraHosts"] = list(network.hosts)
            host["Sysctls"] = _SYSCTLS
        body: dict[str, Any] = {
            "Image": image,
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "Labels": self._owner.labels,
            "StopTimeout": int(spec.stop_timeout),
            "Healthcheck": self._health_check(block(definition.get("healthCheck"))),
            "HostConfig": host,
        }
        chosen = {
            "Cmd": list(spec.command),
            "Entrypoint": list(spec.entry_point),
            "User": spec.user,
            "WorkingDir": spec.working_directory,
        }
        return body | {key: value for key, value in chosen.items() if value}

    def _health_check(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        """ECS's container health check in Docker's form (API ecs.HealthCheck has the defaults).

        Without one the image's own HEALTHCHECK is switched off: ECS does not monitor it (ECS Developer Guide, healthcheck).
        """
        if not declared:
            return {"Test": ["NONE"]}

        def nanoseconds(name: str, default: float) -> int:
            return int(float(declared.get(name) or default) * _NANOSECONDS)

        return {
            "Test": list(declared["command"]),
            "Interval": nanoseconds("interval", 30),
            "Timeout": nanoseconds("timeout", 5),
            "Retries": int(declared.get("retries") or 3),
            "StartPeriod": nanoseconds("startPeriod", 0),
        }

    def _start(
        self,
        name: str,
        spec: ContainerSpec,
        body: Mapping[str, Any],
        before: Sequence[Started],
        network: Network,
    ) -> Started:
        query = {"name": name} | ({"platform": self._platform} if self._platform else {})
        made = ""
        try:
            made = str(self._docker.ask("POST", "/containers/create", query=query, body=body)["Id"])
            self._docker.ask("POST", f"/containers/{made}/start")
            found = self._docker.ask("GET", f"/containers/{made}/json")
        except DockerRefused as error:
            if made:
                with contextlib.suppress(DockerRefused):
                    self._docker.ask("DELETE", f"/containers/{made}", query={"force": 1, "v": 1})
            # ECS developer guide, "Amazon ECS stopped tasks error messages"
            raise RuntimeError(f"CannotStartContainerError: Error response from daemon: {error}") from error
        if before:
            return Started(spec, made, before[0].address)
        return Started(spec, made, str(found["NetworkSettings"]["Networks"][network.name]["IPAddress"]))

    def _play(self, task_id: str, spec: ContainerSpec) -> StandIn:
        space = self._cloud.scratch / "tasks" / task_id / spec.name
        space.mkdir(parents=True, exist_ok=True)
        ports = {port: free_port() for port in spec.ports}
        child = self._processes.start(
            [sys.executable, "-I", "-S", stand_in.__file__, spec.image, *map(str, ports.values())],
            environment={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            folder=space,
            log=space / "log",
        )
        return StandIn(spec, child, ports)

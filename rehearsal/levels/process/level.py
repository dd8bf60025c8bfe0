"""Levels of reality: what runs the containers, and how images get into the registry."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from rehearsal.errors import UsageError
from rehearsal.host.database_address import Address
from rehearsal.host.processes import Processes
from rehearsal.identity.authority import Credentials
from rehearsal.images.image import pack
from rehearsal.images.registry import Registry, ecr_token
from rehearsal.levels.process.docker_shim import install_docker_shim
from rehearsal.levels.process.runtime import ProcessRuntime
from rehearsal.levels.process.standing import labels_of, look_at, swallowed
from rehearsal.levels.runtime import Runtime
from rehearsal.levels.version import LocalImage, Version
from rehearsal.world.cloud import Cloud
from settings import Settings

ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}


class Level(Protocol):
    """One level of reality; a context manager that leaves nothing behind."""

    name: str
    shows: str
    """What a run at this level shows, and what it doesn't, in one sentence."""
    runtime: Runtime
    docker: Path
    """Folder whose `docker` answers in builds."""
    build_environment: Mapping[str, str]
    """What that `docker` needs to know."""

    def __init__(self, cloud: Cloud, processes: Processes, architecture: str, database: Address) -> None:
        """Get ready to run containers for a cloud, of images for `architecture` (`amd64` or `arm64`)."""
        ...

    def __enter__(self) -> Self:
        """Make what builds need."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was made."""
        ...

    @staticmethod
    def reached(database: Address) -> Address:
        """The database as builds and tasks reach it."""
        ...

    @staticmethod
    def look_at(version: Version | LocalImage, settings: Settings) -> list[str]:
        """Look at a version of the user's own before anything is started: notes for people, or RehearsalError."""
        ...

    def push(
        self,
        folder: Path,
        overlays: Sequence[Path],
        repository: str,
        tags: Sequence[str],
        pusher: Credentials,
    ) -> str:
        """Make an image of an application's folder and push it as `pusher`; its digest."""
        ...

    def push_image(self, image: str, repository: str, tags: Sequence[str], pusher: Credentials) -> str:
        """Push an image of this machine's Docker daemon as `pusher`; its digest. Raises RehearsalError."""
        ...


class ProcessLevel:
    """No daemon: image layers are unpacked and their commands run as processes of this machine."""

    name = "process"
    shows = (
        "a real registry, database, AWS CLI, buildspec, HTTP traffic and authorization by the declared policies; not shown: "
        "the image's base and RUN steps, container isolation, the declared network, TLS"
    )

    def __init__(self, cloud: Cloud, processes: Processes, architecture: str, database: Address) -> None:
        """Install the `docker` that answers for this level."""
        del database  # it answers on loopback, where this level's processes are
        self._cloud = cloud
        self._architecture = architecture
        self.runtime: Runtime = ProcessRuntime.of(cloud, processes, architecture=architecture)
        self.docker = install_docker_shim(cloud.scratch / "docker").parent
        self.build_environment: Mapping[str, str] = {
            "REHEARSAL_REGISTRY": cloud.endpoint.removeprefix("http://"),
            "REHEARSAL_STORE": str(cloud.scratch / "images"),
            "REHEARSAL_ARCHITECTURE": architecture,
        }

    def __enter__(self) -> Self:
        """Everything is ready."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Processes end with their owner, files with the run's folder."""

    @staticmethod
    def reached(database: Address) -> Address:
        """Loopback, as it is."""
        return database

    def push(
        self,
        folder: Path,
        overlays: Sequence[Path],
        repository: str,
        tags: Sequence[str],
        pusher: Credentials,
    ) -> str:
        """Pack the folder by its Dockerfile and push it by the registry protocol."""
        image = pack(folder, overlays=overlays, architecture=self._architecture, labels=labels_of(folder))
        client = self._cloud.client("ecr", pusher)
        return Registry(self._cloud.endpoint, lambda: ecr_token(client)).push(image, repository, tags)

    @staticmethod
    def look_at(version: Version | LocalImage, settings: Settings) -> list[str]:
        """Find every program that is going to be run, and say what the image would have besides."""
        if isinstance(version, LocalImage):
            raise UsageError(
                f"--image {version.image}",
                "level process can't reach Docker's images",
                "rehearse it with --level container",
            )
        image = pack(version.folder, overlays=version.overlays)
        config: dict[str, Any] = json.loads(image.blobs[0].content)["config"]
        notes = look_at(version.name, version.folder, image, config, settings)
        return [*notes, *swallowed(version.name, config.get("Entrypoint") or (), settings)]

    def push_image(self, image: str, repository: str, tags: Sequence[str], pusher: Credentials) -> str:
        """Refuse: the image is a Docker daemon's."""
        del repository, tags, pusher
        raise UsageError(
            f"--image {image}",
            "level process can't reach Docker's images",
            "rehearse it with --level container",
        )

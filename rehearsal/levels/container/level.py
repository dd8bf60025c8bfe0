"""Level `container`: the application's own Dockerfile, the real Docker client, real containers."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from rehearsal.codebuild.declared import PROJECT_TYPE
from rehearsal.errors import ApplicationError, MachineError
from rehearsal.host.database_address import Address
from rehearsal.host.processes import Processes
from rehearsal.host.project import ROOT
from rehearsal.identity.authority import Credentials
from rehearsal.images.registry import ecr_token
from rehearsal.levels.container import daemon, docker_shim
from rehearsal.levels.container.contexts import laid_over
from rehearsal.levels.container.docker_cli import Client
from rehearsal.levels.container.networks import DATABASE, Networks
from rehearsal.levels.container.owner import Owner
from rehearsal.levels.container.runtime import ContainerRuntime
from rehearsal.levels.process.level import ARCHITECTURES
from rehearsal.levels.process.standing import swallowed
from rehearsal.levels.runtime import Runtime
from rehearsal.levels.version import LocalImage, Version
from rehearsal.world.cloud import Cloud
from rehearsal.world.declared_blocks import block
from settings import Settings

_EMULATORS = {"arm64": "qemu-aarch64", "amd64": "qemu-x86_64"}


class ContainerLevel:
    """A Docker daemon of this machine does what Docker does on AWS; a context manager that leaves nothing there."""

    name = "container"
    shows = (
        "the application's own Dockerfile, Docker's own client, digests and containers with their limits, the "
        "database as the declared security groups allow it, a real registry, AWS CLI, buildspec, HTTP traffic and "
        "authorization by the declared policies; not shown: Fargate's machines, subnets and routes, TLS"
    )

    def __init__(self, cloud: Cloud, processes: Processes, architecture: str, database: Address) -> None:
        """Remove what dead runs have left, and install the `docker` of builds; RehearsalError without a daemon."""
        self._cloud = cloud
        self._docker = daemon.docker()
        self._platform = _platform(architecture, str(self._docker.ask("GET", "/version")["Arch"]))
        self._owner = Owner.this(ROOT, cloud.endpoint.removeprefix("http://"))
        self._owner.remove_leftovers(self._docker)
        self._ends = ExitStack()
        self._networks = Networks(self._docker, self._owner, cloud, database)
        self._client = Client(f"unix://{self._docker.path}", cloud.scratch)
        self.runtime: Runtime = ContainerRuntime(
            cloud, processes, self._docker, self._owner, self._networks, platform=self._platform
        )
        self.docker = cloud.scratch / "docker"
        self.build_environment: Mapping[str, str] = {}

    def __enter__(self) -> Self:
        """Make the networks of the declared builds."""
        with ExitStack() as undo:
            undo.callback(self._owner.remove_all, self._docker)
            undo.enter_context(self._networks)
            docker_shim.install(self.docker, self._setting())
            self._ends = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove every container, network and image of this run."""
        self._ends.close()

    @staticmethod
    def reached(database: Address) -> Address:
        """The database by its name in the networks of this level."""
        return database.at(DATABASE)

    @staticmethod
    def look_at(version: Version | LocalImage, settings: Settings) -> list[str]:
        """See that a folder has a Dockerfile, and that an image is there and for the declared CPU."""
        if isinstance(version, Version):
            if not (version.folder / "Dockerfile").is_file():
                raise ApplicationError(version.name, "the folder has no Dockerfile to build it by", "add one")
            return []
        with tempfile.TemporaryDirectory() as scratch:
            client = Client(daemon.host(), Path(scratch))
            found = client.architecture(version.image)
            entry_point = client.entry_point(version.image)
        declared = ARCHITECTURES[settings.architecture]
        if found != declared:
            raise ApplicationError(
                f"{version.name} is for {found}",
                f"the stack's tasks run on {declared} (services.*.architecture)",
                f"build it with --platform linux/{declared}",
            )
        return swallowed(version.name, entry_point, settings)

    def push(
        self,
        folder: Path,
        overlays: Sequence[Path],
        repository: str,
        tags: Sequence[str],
        pusher: Credentials,
    ) -> str:
        """Build the folder by its Dockerfile and push it with the docker client; Docker's own digest."""
        names = self._names(repository, tags)
        with laid_over(folder, overlays, self._cloud.scratch) as context:
            self._client.build(context, names, self._owner.labels, self._platform)
        return self._push(names, pusher)

    def push_image(self, image: str, repository: str, tags: Sequence[str], pusher: Credentials) -> str:
        """Push a local image as it is; its digest. RehearsalError when there is no such image."""
        names = self._names(repository, tags)
        self._client.tag(image, names)
        return self._push(names, pusher)

    def _push(self, names: Sequence[str], pusher: Credentials) -> str:
        token = ecr_token(self._cloud.client("ecr", pusher))
        digest = self._client.push(self._owner.registry, token, names)
        # Whoever uses the image from now on has to pull it, as on another machine.
        self._client.remove([*names, f"{names[0].rpartition(':')[0]}@{digest}"])
        return digest

    def _names(self, repository: str, tags: Sequence[str]) -> list[str]:
        return [f"{self._owner.registry}/{repository}:{tag}" for tag in tags]

    def _setting(self) -> docker_shim.Setting:
        networks: dict[str, tuple[str, Sequence[str]]] = {}
        for project in self._cloud.declared(PROJECT_TYPE):
            groups = block(project.inputs.get("vpcConfig")).get("securityGroupIds") or ()
            network = self._networks.of(list(groups))
            networks[str(project.outputs.get("name") or project.inputs["name"])] = (
                network.name,
                network.hosts,
            )
        return docker_shim.Setting(
            docker=daemon.client(),
            daemon=f"unix://{self._docker.path}",
            registry=self._owner.registry,
            ecr=self._cloud.place.registry,
            labels=self._owner.labels,
            networks=networks,
        )


def _platform(declared: str, machine: str) -> str:
    """What to ask Docker for: nothing on the declared CPU itself; RehearsalError when it can't be had here."""
    if declared == machine:
        return ""
    if not Path("/proc/sys/fs/binfmt_misc", _EMULATORS.get(declared, declared)).exists():
        raise MachineError(
            f"the stack declares {declared}",
            f"this machine's Docker runs {machine}, and no emulator is installed for others",
            "install qemu-user-static, or rehearse with --level process",
        )
    return f"linux/{declared}"

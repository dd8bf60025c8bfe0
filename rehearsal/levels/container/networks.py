"""Docker networks in the place of the declared VPC: one for each set of security groups that something runs in.

In each the database has one name, and an address that answers only where the declared rules let the groups in; the AWS
endpoint answers in all of them, as endpoints and NAT do. Not here: subnets, route tables, network ACLs and traffic
between tasks.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from rehearsal.errors import MachineError
from rehearsal.host.database_address import Address
from rehearsal.levels.container import security_groups
from rehearsal.levels.container.docker_api import DockerApi, DockerRefused
from rehearsal.levels.container.forwarder import Forwarder
from rehearsal.levels.container.owner import Owner
from rehearsal.world.cloud import Cloud

DATABASE = "database.rehearsal.internal"
"""The database's name in every network."""

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Network:
    """One Docker network."""

    name: str
    gateway: str
    """This machine's address in it."""
    endpoint: str
    """URL of the AWS endpoint as seen from inside; an address, so that buckets stay in the path."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that containers know besides Docker's own, as `--add-host` takes them."""
        return (f"{DATABASE}:{self.gateway}",)


class Networks:
    """The networks of one run, made when first asked for; a context manager."""

    def __init__(self, docker: DockerApi, owner: Owner, cloud: Cloud, database: Address) -> None:
        """`database` is where this machine reaches the database."""
        self._docker = docker
        self._owner = owner
        self._cloud = cloud
        self._database = database
        self._forwarder = Forwarder()
        self._lock = threading.Lock()
        self._made: dict[tuple[str, ...], Network] = {}

    def __enter__(self) -> Self:
        """Begin to forward."""
        self._forwarder.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End forwarding; the networks go with everything else the run has made."""
        self._forwarder.__exit__(kind, error, trace)

    def of(self, groups: Sequence[str]) -> Network:
        """The network for members of these security groups."""
        key = tuple(sorted(set(groups)))
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(key)
            return self._made[key]

    def _make(self, groups: tuple[str, ...]) -> Network:
        name = f"delivery-rehearsal-{self._owner.run}-{len(self._made)}"
        try:
            body = {
                "Name": name,
                "Driver": "bridge",
                "Labels": self._owner.network_labels,
                "CheckDuplicate": True,
            }
            made = self._docker.ask("POST", "/networks/create", body=body)
            found = self._docker.ask("GET", f"/networks/{made['Id']}")
        except DockerRefused as error:
            raise MachineError(
                f"Docker made no network: {error}",
                "each security group gets one",
                "remove networks nobody needs",
            ) from error
        gateway = str(found["IPAM"]["Config"][0]["Gateway"]).partition("/")[0]
        aws = urlsplit(self._cloud.endpoint)
        self._forwarder.open(gateway, aws.port or 80, (LOOPBACK, aws.port or 80))
        self._open_database(gateway, groups)
        return Network(name, gateway, f"{aws.scheme}://{gateway}:{aws.port}")

    def _open_database(self, gateway: str, groups: tuple[str, ...]) -> None:
        """Forward to the database; the rules are asked anew for each connection, as they may change."""

        def admits() -> bool:
            refusal = security_groups.refusal(self._cloud, groups)
            if refusal is not None:
                text = f"a connection to the database is cut: {refusal}; on AWS it would time out"
                self._cloud.journal.record("VPC", text)
            return refusal is None

        there = (self._database.host, self._database.port)
        self._forwarder.open(gateway, self._database.port, there, admits)

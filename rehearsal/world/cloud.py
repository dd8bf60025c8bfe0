"""What exists: every declared resource, and how to reach the services that hold it."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from documents.place import EXAMPLE_ACCOUNT, Place
from rehearsal.host.sdk import session
from rehearsal.identity.authority import Authority, Credentials
from rehearsal.world.clock import Clock
from rehearsal.world.journal import Journal
from rehearsal.world.logs import Logs
from rehearsal.world.pull_through_caches import PullThroughCaches

HERE = Place(EXAMPLE_ACCOUNT, "us-east-1")
"""Where a cloud is unless the stack says otherwise."""

MOST_CLIENTS = 48
"""Clients kept at a time: every release acts as roles with credentials of its own, and each client holds connections."""

BOOTSTRAP = "the bootstrap image"
"""What people call the image that a service runs before its first release."""

ADMINISTRATOR = Credentials("test", "test", None, None)
"""Who runs `pulumi up`: the infrastructure team, allowed everything."""


@dataclass(frozen=True)
class Declared:
    """One declared resource: as the program sent it and as the cloud answered."""

    urn: str
    type: str
    """Pulumi type token, for example `aws:ecs/service:Service`."""
    name: str
    """Pulumi resource name."""
    id: str
    inputs: Mapping[str, Any]
    """Inputs in camelCase, secrets unwrapped."""
    outputs: Mapping[str, Any]
    """Outputs in camelCase: the inputs and what the cloud added (arn, id, url, ...)."""

    @property
    def arn(self) -> str:
        """The resource's ARN."""
        return str(self.outputs["arn"])


@dataclass
class Cloud:
    """A local cloud that holds one evaluated program."""

    endpoint: str
    authority: Authority
    journal: Journal
    scratch: Path
    place: Place = HERE
    clock: Clock = field(default_factory=Clock)
    kept_logs: Logs | None = None
    """Where logs outlive the rehearsal; below `scratch` when left out."""
    pull_through_caches: PullThroughCaches = field(default_factory=PullThroughCaches)
    subnets_owner: str = ""
    """Account that shares its subnets with this one (Amazon VPC User Guide, vpc-sharing); empty where they are its own."""
    database_port: int | None = None
    """The port that the application's database listens on there, as the stack says; None where it says nothing."""
    versions: dict[str, str] = field(default_factory=dict[str, str])
    """What people call the images that run here: by digest those that were pushed, by reference those that were not."""
    _declared: dict[tuple[str, str], Declared] = field(default_factory=dict[tuple[str, str], Declared])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _clients: dict[tuple[str, str, str], Any] = field(default_factory=dict[tuple[str, str, str], Any])
    _clients_lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def logs(self) -> Logs:
        """Files of what builds and containers wrote."""
        return self.kept_logs or Logs(self.scratch / "logs")

    def add(self, resource: Declared) -> None:
        """Put a resource on record, replacing the one of the same URN and id.

        Another id is another resource: one that is replaced stays until it is deleted.
        """
        with self._lock:
            self._declared[resource.urn, resource.id] = resource

    def remove(self, urn: str, resource_id: str) -> None:
        """Take a resource off the record."""
        with self._lock:
            self._declared.pop((urn, resource_id), None)

    def declared(self, type_: str) -> list[Declared]:
        """Every declared resource of one Pulumi type token, in the order of declaration."""
        with self._lock:
            return [resource for resource in self._declared.values() if resource.type == type_]

    def count(self) -> int:
        """How many resources are on record."""
        with self._lock:
            return len(self._declared)

    def version_of(self, image: str) -> str:
        """What people call an image reference: by its digest the version that was pushed, else what is not pushed here."""
        digest = image.rpartition("@")[2]
        known = self.versions.get(image) or self.versions.get(digest)
        return known or (digest.removeprefix("sha256:")[:12] if digest.startswith("sha256:") else image)

    def one(self, type_: str, **where: Any) -> Declared:
        """The one resource of a type whose outputs (or inputs) have these values.

        Raises LookupError that says what was looked for and what there is.
        """
        found = [
            resource
            for resource in self.declared(type_)
            if all(_value(resource, k) == v for k, v in where.items())
        ]
        if len(found) != 1:
            there = [resource.name for resource in self.declared(type_)]
            raise LookupError(f"{len(found)} resources of type {type_} match {where}; declared are {there}")
        return found[0]

    def client(self, service: str, credentials: Credentials | None = None, region: str = "") -> Any:
        """A botocore client for the local cloud, acting as `credentials` (the administrator when left out).

        `region` is the cloud's own when left out.
        """
        who, where = credentials or ADMINISTRATOR, region or self.place.region
        with self._clients_lock:  # clients are safe in threads, making them from one session is not
            key = (service, where, who.access_key_id)
            if key not in self._clients:
                self._clients[key] = self._make_client(service, who, where)
            self._clients[key] = self._clients.pop(key)
            while len(self._clients) > MOST_CLIENTS:
                # The one that was asked for longest ago; who still holds it can use it, and it connects anew.
                self._clients.pop(next(iter(self._clients))).close()
            return self._clients[key]

    def close(self) -> None:
        """Close the connections of every client."""
        with self._clients_lock:
            while self._clients:
                self._clients.popitem()[1].close()

    def _make_client(self, service: str, who: Credentials, region: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415  (0.2 s that most readers of this module never need)

        return session().create_client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=who.access_key_id,
            aws_secret_access_key=who.secret_access_key,
            aws_session_token=who.session_token,
            config=Config(retries={"max_attempts": 1}, proxies={}, s3={"addressing_style": "path"}),
        )


def _value(resource: Declared, key: str) -> Any:
    return resource.outputs.get(key, resource.inputs.get(key))

"""The endpoint of a local cloud, with every service that answers there."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from documents.place import Place
from rehearsal.ecr.api import Ecr
from rehearsal.ecr.registry_rules import Push
from rehearsal.emulated.api import services
from rehearsal.gateway.gateway import Gateway
from rehearsal.identity.authority import Authority
from rehearsal.world.cloud import HERE, Cloud
from rehearsal.world.journal import Journal


def _nobody(push: Push) -> None:
    """Nobody waits for pushes."""


def local_endpoint(
    authority: Authority,
    on_push: Callable[[Push], None] = _nobody,
    *,
    place: Place = HERE,
    port: int = 0,
    log: Path | None = None,
) -> Gateway:
    """Calls `on_push` (in a thread of its own) for each image pushed under a tag; see `Gateway` for the rest."""
    there = {**services(authority, place), "ecr": Ecr(authority, place, on_push)}
    return Gateway(authority, there, place=place, port=port, log=log)


@contextmanager
def empty_cloud(folder: Path, place: Place = HERE) -> Generator[Cloud]:
    """A local cloud that stores what is declared in it, and in which nothing runs; its scratch files go to `folder`."""
    authority = Authority()
    gateway = local_endpoint(authority, place=place)
    try:
        yield Cloud(gateway.start(), authority, Journal(), folder, place)
    finally:
        gateway.stop()

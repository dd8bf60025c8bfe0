"""`docker network create` and `rm` of the `docker` shims: networks by name, noted in a folder.

A shim plays no network of Docker's: at level process a container is a process of this machine, at level container it is
in the network that stands for the build's security groups. What is kept of them is that they must be made, once, before
somebody uses them. Standard library only (see `process/docker_shim.py`).
"""

from collections.abc import Sequence
from pathlib import Path

from rehearsal.levels.docker_error import DAEMON, DockerError

_NOT_PLAYED = 125


def call(folder: Path, words: Sequence[str]) -> str:
    """Do what the words after `docker network` say; what it prints. Raises DockerError."""
    match list(words):
        case ["create", *rest]:
            return _create(folder, rest)
        case ["rm" | "remove", name] if not name.startswith("-"):
            try:
                _note(folder, name).unlink()
            except FileNotFoundError:
                raise DockerError(f"{DAEMON} network {name} not found") from None
            return name
        case _:
            raise DockerError(
                f"`docker network {' '.join(words)}` is not played in a rehearsal; only create and rm are",
                _NOT_PLAYED,
            )


def exists(folder: Path, name: str) -> bool:
    """Whether a network of this name was made."""
    return _note(folder, name).exists()


def check(folder: Path, name: str) -> None:
    """Refuse a network that was not made, as `docker run` does; none and the host's are always there."""
    if name not in ("", "host") and not exists(folder, name):
        raise DockerError(f"docker: {DAEMON} network {name} not found", _NOT_PLAYED)


def _create(folder: Path, words: Sequence[str]) -> str:
    name = ""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            name = word
            continue
        option, joined, value = word.partition("=")
        value = value if joined else next(rest, "")
        if option == "--subnet":
            _check_subnet(value)
        elif (option, value) not in (("--driver", "bridge"), ("-d", "bridge")):
            raise DockerError(
                f"docker network create {option} {value} is not played in a rehearsal; --driver bridge and --subnet are",
                _NOT_PLAYED,
            )
    if not name:
        raise DockerError("docker: 'docker network create' requires 1 argument")
    note = _note(folder, name)
    note.parent.mkdir(parents=True, exist_ok=True)
    try:
        note.touch(exist_ok=False)
    except FileExistsError:
        raise DockerError(f"{DAEMON} network with name {name} already exists") from None
    return note.name


def _check_subnet(text: str) -> None:
    from ipaddress import IPv4Network  # noqa: PLC0415  (10 ms that no other command needs)

    try:
        IPv4Network(text)
    except ValueError as error:
        raise DockerError(f"{DAEMON} invalid subnet {text}: {error}") from None


def _note(folder: Path, name: str) -> Path:
    return folder / "networks" / name.encode().hex()

"""The `docker` that a rehearsed build finds on its PATH at level `process`.

It answers the few commands that a migration build needs, with Docker's own words and exit codes, and refuses
all others. An image is pulled from the rehearsal's registry for real; `docker run` runs its files as a
process of this machine. The rehearsal tells it through the environment: REHEARSAL_REGISTRY is the registry's
HOST:PORT, which answers for every private ECR host, REHEARSAL_STORE a folder of its own,
REHEARSAL_ARCHITECTURE (this machine's by default) the CPU of the build machine that is played. Standard
library only, loaded late: a build starts it again and again.
"""

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rehearsal.levels import docker_networks, starter
from rehearsal.levels.docker_error import DAEMON, DockerError
from rehearsal.levels.image_reference import ImageReference
from rehearsal.levels.process.docker_run import inspect, remove, run, stop
from rehearsal.levels.process.store import Store, StoreError, machine_architecture

_NOT_HERE = 125
"""What `docker run` exits with when Docker itself fails; used for everything that is not played here."""


class Docker:
    """One call of `docker`, in the environment it was called in."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read the rehearsal's variables; raises DockerError when one is missing."""
        try:
            self._registry = environment["REHEARSAL_REGISTRY"]
            folder = Path(environment["REHEARSAL_STORE"]) / "docker"
        except KeyError as missing:
            raise DockerError(
                f"{missing.args[0]} is not set; this docker only works inside a rehearsal's build", _NOT_HERE
            ) from missing
        self._environment = environment
        self._architecture = environment.get("REHEARSAL_ARCHITECTURE") or machine_architecture()
        self._store = Store(folder / "images")
        self._folder = folder
        self._containers = folder / "containers"
        self._logins = Path(environment.get("DOCKER_CONFIG") or folder / "config") / "config.json"

    def call(self, words: Sequence[str]) -> int:
        """Do what the words say; the exit code."""
        match list(words):
            case ["info" | "version"]:
                _say(
                    "Server Version: rehearsal (level process: images run as plain processes, without isolation)"
                )
                _say(f"Architecture: {self._architecture}")
            case ["login", "--username" | "-u", user, "--password-stdin", host]:
                self._log_in(host, user)
            case ["pull", name] if not name.startswith("-"):
                self._pull(ImageReference(name))
            case ["image", "inspect", "--format" | "-f", template, name]:
                _say(self._inspect(template, ImageReference(name)))
            case ["run", *rest]:
                return run(rest, self._environment, self._folder, self._architecture, self)
            case ["container", "inspect", "--format" | "-f", template, name]:
                _say(inspect(template, name, self._containers))
            case ["rm", "--force" | "-f", name] if not name.startswith("-"):
                remove(name, self._containers)
            case ["network", *rest]:
                _say(docker_networks.call(self._folder, rest))
            case ["stop" | "kill" as verb, *rest]:
                stop(verb, rest, self._containers)
            case _:
                raise DockerError(
                    f"`docker {shlex.join(words)}` is not played at level process; use level container for it",
                    _NOT_HERE,
                )
        return 0

    def image(self, name: str) -> tuple[Store, str]:
        """The store and the digest of an image, pulled now when it isn't there, as `docker run` does."""
        reference = ImageReference(name)
        digest = self._store.find(reference)
        if digest is None:
            sys.stderr.write(f"Unable to find image '{name}' locally\n")
            self._pull(reference)
            digest = self._store.find(reference)
        return self._store, digest or ""

    def _log_in(self, host: str, user: str) -> None:
        import json  # noqa: PLC0415

        from rehearsal.images.registry import Registry, RegistryError, basic_token  # noqa: PLC0415

        _reject_foreign(ImageReference(f"{host}/any"))
        token = basic_token(user, sys.stdin.read().rstrip("\r\n"))
        try:
            Registry(self._registry, lambda: token).check()
        except RegistryError as error:
            raise DockerError(
                f"Error response from daemon: login attempt to https://{host}/v2/ failed with status: {error}"
            ) from error
        logins = self._read_logins()
        logins.setdefault("auths", {})[host] = {"auth": token}
        self._logins.parent.mkdir(parents=True, exist_ok=True)
        self._logins.touch(mode=0o600)
        self._logins.write_text(json.dumps(logins), encoding="utf-8")
        _say("Login Succeeded")

    def _read_logins(self) -> "dict[str, dict[str, dict[str, str]]]":
        import json  # noqa: PLC0415

        return json.loads(self._logins.read_text(encoding="utf-8")) if self._logins.exists() else {}

    def _pull(self, reference: ImageReference) -> None:
        from rehearsal.images.registry import Registry, RegistryError  # noqa: PLC0415

        _reject_foreign(reference)
        token = self._read_logins().get("auths", {}).get(reference.host, {}).get("auth")
        if token is None:
            address = f"https://{reference.host}/v2/{reference.repository}/manifests/{reference.wanted}"
            raise DockerError(f'Error response from daemon: Head "{address}": no basic auth credentials')
        try:
            found = self._store.pull(Registry(self._registry, lambda: token), reference, self._architecture)
        except RegistryError as error:
            raise DockerError(_refusal(reference, error.status, error.code, error.message)) from error
        except StoreError as error:
            raise DockerError(str(error)) from error
        _say(f"{reference.wanted}: Pulling from {reference.repository}")
        _say(f"Digest: {found}")
        _say(f"Status: Downloaded newer image for {reference.text}")
        _say(reference.text)

    def _inspect(self, template: str, reference: ImageReference) -> str:
        digest = self._store.find(reference)
        if digest is None:
            raise DockerError(f"Error response from daemon: No such image: {reference.text}")
        config = self._store.config(digest)
        text = template.replace("{{.Architecture}}", config["architecture"]).replace("{{.Os}}", config["os"])
        if "{{" in text:
            played = "only {{.Architecture}} and {{.Os}} are"
            raise DockerError(f"--format {template!r} is not played at level process; {played}", _NOT_HERE)
        return text


def install_docker_shim(folder: Path) -> Path:
    """Write an executable `docker` into the folder, made if need be; the executable."""
    return starter.install(folder, "docker", "import rehearsal.levels.process.docker_shim as d; d.main()")


def main() -> None:
    """Answer one call of `docker` and exit with its code."""
    try:
        code = Docker(os.environ).call(sys.argv[1:])
    except DockerError as error:
        sys.stderr.write(f"{error}\n")
        code = error.exit_code
    sys.stdout.flush()
    sys.exit(code)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _reject_foreign(reference: ImageReference) -> None:
    if not reference.is_ecr:
        played = "at level process only private ECR registries are played"
        raise DockerError(f"{reference.host} can't be reached from a rehearsal: {played}", _NOT_HERE)


def _refusal(reference: ImageReference, status: int, code: str, told: str) -> str:
    """A registry's refusal in the words that Docker has for it."""
    start = DAEMON
    if status in (401, 403):
        hint = "repository does not exist or may require 'docker login'"
        return f"{start} pull access denied for {reference.name}, {hint}: denied: {told}"
    if code == "MANIFEST_UNKNOWN":
        return f"{start} manifest for {reference.text} not found: manifest unknown: {told}"
    if code == "NAME_UNKNOWN":
        return f"{start} repository {reference.name} not found: name unknown: {told}"
    return f"{start} {told}"

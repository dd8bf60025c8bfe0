"""The real `docker` client, as an application team uses it: build, login, push."""

import base64
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.errors import ApplicationError
from rehearsal.host.environment import users

_TAIL = 15


class DockerFailed(ApplicationError):
    """A call of `docker` failed; the text has its own last lines."""


class Client:
    """`docker` with a folder of its own for what it remembers."""

    def __init__(self, host: str, scratch: Path) -> None:
        """`host` is the daemon's address; `scratch` is where logins are kept while they last."""
        self._host = host
        self._scratch = scratch

    def build(self, folder: Path, tags: Sequence[str], labels: Mapping[str, str], platform: str) -> None:
        """Build a folder by its Dockerfile; `platform` is empty for the daemon's own. Raises DockerFailed."""
        options = [word for tag in tags for word in ("--tag", tag)]
        options += [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
        options += ["--platform", platform] if platform else []
        # Attestations would make an index of one image; --load brings it out of any builder.
        buildx = self._call(["buildx", "version"], {}).returncode == 0
        options += ["--provenance=false", "--load"] if buildx else []
        # The user's own configuration: base images may be in registries they have logged in to.
        environment = {} if buildx else {"DOCKER_BUILDKIT": "0"}
        self._expect(
            ["build", "--quiet", *options, str(folder)],
            environment,
            "the Dockerfile must build on this machine",
        )

    def tag(self, image: str, names: Sequence[str]) -> None:
        """Give a local image more names; raises DockerFailed when there is no such image."""
        for name in names:
            self._expect(
                ["tag", image, name],
                {},
                "the image must be at this machine's Docker daemon (`docker images`)",
            )

    def entry_point(self, image: str) -> list[str]:
        """An image's ENTRYPOINT; raises DockerFailed when there is no such image."""
        rule = "the image must be at this machine's Docker daemon (`docker images`)"
        words = ["image", "inspect", "--format", "{{json .Config.Entrypoint}}", image]
        found: Any = json.loads(self._expect(words, {}, rule))
        return [str(word) for word in found or ()]

    def remove(self, names: Sequence[str]) -> None:
        """Take names away, and the image when it has no other; its layers stay as build cache."""
        self._call(["image", "rm", "--no-prune", *names], {})

    def architecture(self, image: str) -> str:
        """What an image says it is for, in Docker's words; raises DockerFailed when there is no such image."""
        rule = "the image must be at this machine's Docker daemon (`docker images`)"
        return self._expect(["image", "inspect", "--format", "{{.Architecture}}", image], {}, rule).strip()

    def push(self, registry: str, token: str, names: Sequence[str]) -> str:
        """Log in with an ECR authorization token and push each name, in order; the digest, Docker's own."""
        user, _, password = base64.b64decode(token).decode().partition(":")
        with tempfile.TemporaryDirectory(prefix="docker-login-", dir=self._scratch) as folder:
            own = {"DOCKER_CONFIG": folder}
            words = ["login", "--username", user, "--password-stdin", registry]
            self._expect(words, own, "the registry must let the pusher in", given=password)
            for name in names:
                self._expect(["push", name], own, "the push role must be allowed to push")
        return self._digest(names[0])

    def _digest(self, name: str) -> str:
        template = "{{range .RepoDigests}}{{println .}}{{end}}"
        told = self._expect(
            ["image", "inspect", "--format", template, name], {}, "a pushed image has a digest"
        )
        repository = name.rpartition(":")[0]
        for line in told.split():
            where, _, digest = line.partition("@")
            if where == repository:
                return digest
        raise DockerFailed(
            f"{name} has the digests {told.split()}", f"one of {repository} was expected", "push again"
        )

    def _expect(
        self, words: Sequence[str], environment: Mapping[str, str], rule: str, given: str | None = None
    ) -> str:
        done = self._call(words, environment, given)
        if done.returncode != 0:
            lines = [
                line for line in done.stderr.splitlines() if line.strip() and "deprecated" not in line.lower()
            ]
            said = "\n".join(lines[-_TAIL:]) or f"exit code {done.returncode}"
            raise DockerFailed(f"docker {words[0]}: {said}", rule, "correct what it says")
        return done.stdout

    def _call(
        self, words: Sequence[str], environment: Mapping[str, str], given: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["docker", *words],  # noqa: S607  (the user's own client)
            env={**users(), "DOCKER_HOST": self._host, **environment},
            input=given if given is not None else "",
            capture_output=True,
            text=True,
            check=False,
        )

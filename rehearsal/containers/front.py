"""The `docker` that a rehearsed build finds on its PATH at level `container`: the real client, told where it is.

ECR's host is replaced by the rehearsal's registry in every word, and back in what the client prints. What `docker run`
starts is labelled and put into the network of the build's security groups: `--network host` in a build means the build's
own network, which on AWS is the VPC's. Standard library only: it starts with every call of `docker`.
"""

import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_STARTS = ("run", "create")


@dataclass(frozen=True)
class Setting:
    """What the front has to know."""

    docker: str
    """The real client."""
    daemon: str
    """Its DOCKER_HOST."""
    registry: str
    """`HOST:PORT` that answers for ECR's host."""
    ecr: str
    labels: Mapping[str, str]
    networks: Mapping[str, tuple[str, Sequence[str]]]
    """Name of a build project to its network and the names known in it (`--add-host`)."""


def install(folder: Path, setting: Setting) -> Path:
    """Write an executable `docker` into the folder, made if need be; the folder."""
    root = Path(__file__).resolve().parents[2]
    folder.mkdir(parents=True, exist_ok=True)
    told = folder / "setting.json"
    told.write_text(json.dumps(asdict(setting)), encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(root)!r}); import rehearsal.containers.front as f; f.main({str(told)!r})"
    executable = folder / "docker"
    # Through sh, for a #! line takes neither blanks in the interpreter's path nor more than 127 bytes.
    executable.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -S -c {shlex.quote(code)} "$@"\n', encoding="utf-8"
    )
    executable.chmod(0o755)
    return folder


def rewritten(words: Sequence[str], setting: Setting, project: str) -> list[str]:
    """The words for the real client, of a build of `project`; what a container is told to run stays as it is."""
    if not words or words[0] not in _STARTS:
        return [word.replace(setting.ecr, setting.registry) for word in words]
    end = next((n for n, word in enumerate(words) if word.startswith(f"{setting.ecr}/")), len(words) - 1) + 1
    own = [word.replace(setting.ecr, setting.registry) for word in words[1:end]]
    options = _without_host_network(own)
    if not any(word.startswith(("--network", "--net")) for word in options):
        network, hosts = setting.networks.get(project, ("none", ()))
        options = ["--network", network, *(word for host in hosts for word in ("--add-host", host)), *options]
    labels = [word for name, value in setting.labels.items() for word in ("--label", f"{name}={value}")]
    return [words[0], *labels, *options, *words[end:]]


def _without_host_network(words: Sequence[str]) -> list[str]:
    """Take `--network host` out; another network is somebody's intention and stays."""
    kept: list[str] = []
    for number, word in enumerate(words):
        named = number > 0 and words[number - 1] in ("--network", "--net")
        if word in ("--network=host", "--net=host") or (named and word == "host"):
            if named:
                kept.pop()
            continue
        kept.append(word)
    return kept


def main(told: str) -> None:
    """Answer one call of `docker` and exit with its code."""
    content: dict[str, Any] = json.loads(Path(told).read_text(encoding="utf-8"))
    setting = Setting(**content)
    project = os.environ.get("CODEBUILD_BUILD_ID", "").rpartition(":")[0]
    words = rewritten(sys.argv[1:], setting, project)
    environment = {**os.environ, "DOCKER_HOST": setting.daemon}
    environment.pop("DOCKER_CONTEXT", None)
    if words and words[0] in _STARTS:
        sys.stdout.flush()
        os.execve(setting.docker, [setting.docker, *words], environment)  # noqa: S606  (signals and exit code are its own)
    _talk(setting, words, environment)


def _talk(setting: Setting, words: Sequence[str], environment: Mapping[str, str]) -> None:
    """Call the client and say what it says, with ECR's host in it."""
    import subprocess  # noqa: PLC0415  (`docker run` does without)

    done = subprocess.run([setting.docker, *words], env=environment, capture_output=True, check=False)
    for stream, text in ((sys.stdout, done.stdout), (sys.stderr, done.stderr)):
        stream.write(text.decode(errors="replace").replace(setting.registry, setting.ecr))
        stream.flush()
    sys.exit(done.returncode)

"""`docker run`, `docker stop` and `docker kill` of the `docker` front: one image's command as a process.

Standard library only (see `docker_front.py`).
"""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from rehearsal.runtimes.store import Store, StoreError
from rehearsal.runtimes.unpacked import Launch, Unpacked

_STOP_SECONDS = 10.0
"""What `docker stop` waits before it kills (docker CLI reference, container stop)."""
_DOCKER_FAILED, _NOT_EXECUTABLE, _NOT_FOUND, _WRONG_FORMAT = 125, 126, 127, 255


class DockerError(Exception):
    """What the command prints on its error stream, and its exit code."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        """Keep both."""
        super().__init__(message)
        self.exit_code = exit_code


class Images(Protocol):
    """Where `run` gets its image from."""

    def image(self, name: str) -> tuple[Store, str]:
        """The store and the digest of an image, pulled now when it isn't there."""
        ...


class Options:
    """The words of `docker run`, taken apart."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        """Take them apart; a variable given by name has its value in `environment`. Raises DockerError."""
        self.name = f"rehearsal-{os.getpid()}"
        self.entry_point: list[str] = []
        self.environment: dict[str, str] = {}
        rest = iter(words)
        self.image = self._read_options(rest, environment)
        self.command = list(rest)

    def _read_options(self, words: Iterator[str], environment: Mapping[str, str]) -> str:
        for word in words:
            if not word.startswith("-"):
                return word
            option, joined, value = word.partition("=") if word.startswith("--") else (word, "", "")
            if option in ("--rm", "--init"):  # what both ask for is how every process is run here
                continue
            if option not in ("--name", "--network", "--net", "--entrypoint", "--env", "-e"):
                message = f"docker run {option} is not played at level process; use level container for it"
                raise DockerError(message, _DOCKER_FAILED)
            self._take(option, value if joined else next(words, ""), environment)
        message = "docker: 'docker run' requires at least 1 argument"
        raise DockerError(message, _DOCKER_FAILED)

    def _take(self, option: str, value: str, environment: Mapping[str, str]) -> None:
        if option == "--name":
            self.name = value
        elif option == "--entrypoint":
            self.entry_point = [value]
        elif option in ("--env", "-e"):
            name, given, text = value.partition("=")
            if given:
                self.environment[name] = text
            elif (
                name in environment
            ):  # a name that is not set is left out (docker CLI reference, container run)
                self.environment[name] = environment[name]
        elif value != "host":
            message = f"docker run {option} {value} is not played: at level process it is the host's network"
            raise DockerError(message, _DOCKER_FAILED)


def run(
    words: Sequence[str], environment: Mapping[str, str], containers: Path, architecture: str, images: Images
) -> int:
    """Run an image's command as a process and pass its exit code on; TERM and INT are passed to it."""
    options = Options(words, environment)
    store, digest = images.image(options.image)
    space = containers / options.name
    try:
        space.mkdir(parents=True)
    except FileExistsError:
        conflict = f'Conflict. The container name "/{options.name}" is already in use'
        message = f"docker: Error response from daemon: {conflict}"
        raise DockerError(message, _DOCKER_FAILED) from None
    try:
        return _run(options, store, digest, space, architecture)
    finally:
        _remove(space)


def _run(options: Options, store: Store, digest: str, space: Path, architecture: str) -> int:
    config = store.config(digest)
    unpacked = Unpacked(config, space)
    try:
        store.unpack(digest, unpacked.root)
        launch = unpacked.launch(
            options.environment, entry_point=options.entry_point, command=options.command
        )
    except (StoreError, ValueError) as error:
        message = f"docker: Error response from daemon: {error}"
        raise DockerError(message, _DOCKER_FAILED) from error
    if config["architecture"] != architecture:
        sys.stderr.write(
            f"WARNING: The requested image's platform (linux/{config['architecture']}) does not match "
            f"the detected host platform (linux/{architecture}) and no specific platform was requested\n"
        )
        message = f"exec {launch.words[0]}: exec format error"
        raise DockerError(message, _WRONG_FORMAT)
    return _follow(launch, space / "process")


def _follow(launch: Launch, record: Path) -> int:
    """Start the process, note its id for `docker stop`, and wait for it."""
    import subprocess  # noqa: PLC0415 (see `_remove`)

    wanted: list[int] = []
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda number, _frame: wanted.append(number))
    try:
        process = subprocess.Popen(
            launch.words, env=launch.environment, cwd=launch.folder, stdin=subprocess.DEVNULL, process_group=0
        )
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "executable file not found in $PATH" if missing else "permission denied"
        message = f'docker: Error response from daemon: exec: "{launch.words[0]}": {reason}: unknown'
        raise DockerError(message, _NOT_FOUND if missing else _NOT_EXECUTABLE) from error
    record.write_text(str(process.pid), encoding="utf-8")
    passed: set[int] = set()
    while True:
        for signum in set(wanted) - passed:
            # Once each: `timeout` signals us twice, and the second would find an application on its way out.
            passed.add(signum)
            process.send_signal(signum)
        try:
            code = process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        _kill_group(process.pid)  # the end of a container's first process is the end of the others
        return code if code >= 0 else 128 - code


def stop(verb: str, words: Sequence[str], containers: Path) -> None:
    """End a container: `stop` by TERM and, 10 seconds later, KILL; `kill` at once."""
    match list(words):
        case ["-t" | "--time" | "--timeout", seconds, name] if verb == "stop":
            patience = float(seconds)
        case [name] if not name.startswith("-"):
            patience = _STOP_SECONDS
        case _:
            message = f"`docker {verb} {' '.join(words)}` is not played at level process; give the name only"
            raise DockerError(message, _DOCKER_FAILED)
    record = containers / name / "process"
    if not record.exists():
        message = f"Error response from daemon: No such container: {name}"
        raise DockerError(message)
    pid = int(record.read_text(encoding="utf-8"))
    deadline = time.monotonic() + (patience if verb == "stop" else 0.0)
    if verb == "stop":
        _signal(pid, signal.SIGTERM)
    while record.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    if record.exists():
        _kill_group(pid)
    sys.stdout.write(f"{name}\n")


def _signal(pid: int, signum: int) -> None:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says "permission" of a group of zombies
        return


def _remove(space: Path) -> None:
    import shutil  # noqa: PLC0415 (its imports cost 5 ms that no other command needs)

    shutil.rmtree(space, ignore_errors=True)

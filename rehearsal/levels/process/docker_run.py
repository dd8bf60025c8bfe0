"""`docker run` and what ends a container, of the `docker` shim: one image's command as a process.

Standard library only (see `docker_shim.py`).
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from rehearsal.levels import docker_networks as networks
from rehearsal.levels.docker_error import DAEMON, DockerError
from rehearsal.levels.process.store import Store, StoreError
from rehearsal.levels.process.unpacked import Launch, Unpacked

_STOP_SECONDS = 10.0
"""What `docker stop` waits before it kills (docker CLI reference, container stop)."""
_DOCKER_FAILED, _NOT_EXECUTABLE, _NOT_FOUND, _WRONG_FORMAT = 125, 126, 127, 255
_TAKEN = frozenset(
    [
        "--name",
        "--network",
        "--net",
        "--entrypoint",
        "--env",
        "-e",
        "--env-file",
        "--workdir",
        "-w",
        "--security-opt",
    ]
)
"""Options that take a value, and are played."""


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
        self.network = ""
        self.removed = False
        """Whether nothing stays of the container when it has ended (`--rm`)."""
        self.working_directory: str | None = None
        self.entry_point: list[str] = []
        self._files: list[str] = []
        self._given: list[str] = []
        rest = iter(words)
        self.image = self._read_options(rest)
        self.command = list(rest)
        # As Docker does it: every file first, so that what is given by name has the last word.
        self.environment: dict[str, str] = {}
        for path in self._files:
            self.environment |= _file_of_variables(Path(path), environment)
        for one in self._given:
            name, given, text = one.partition("=")
            if given:
                self.environment[name] = text
            elif name in environment:  # one that is not set is left out (docker CLI reference, container run)
                self.environment[name] = environment[name]

    def _read_options(self, words: Iterator[str]) -> str:
        for word in words:
            if not word.startswith("-"):
                return word
            option, joined, value = word.partition("=") if word.startswith("--") else (word, "", "")
            if option == "--init":  # what it asks for is how every process is run here
                continue
            if option == "--rm":
                self.removed = True
                continue
            if option not in _TAKEN:
                raise DockerError(
                    f"docker run {option} is not played at level process; use level container for it",
                    _DOCKER_FAILED,
                )
            self._take(option, value if joined else next(words, ""))
        raise DockerError("docker: 'docker run' requires at least 1 argument", _DOCKER_FAILED)

    def _take(self, option: str, value: str) -> None:
        match option:
            case "--name":
                self.name = value
            case "--network" | "--net":
                self.network = value
            case "--entrypoint":
                self.entry_point = [value]
            case "--workdir" | "-w":
                self.working_directory = value
            case "--env-file":
                self._files.append(value)
            case "--security-opt":
                if value not in ("no-new-privileges", "no-new-privileges=true", "no-new-privileges:true"):
                    raise DockerError(
                        f"docker run {option} {value} is not played at level process; use level container for it",
                        _DOCKER_FAILED,
                    )
            case _:
                self._given.append(value)


def _file_of_variables(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What `--env-file` gives: a line each, taken as it is (docker CLI reference, container run)."""
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise DockerError(f"docker: open {path}: {error.strerror}", _DOCKER_FAILED) from error
    found: dict[str, str] = {}
    for line in (os.fsdecode(raw.removesuffix(b"\r")).lstrip(" \t") for raw in lines):
        if not line or line.startswith("#"):
            continue
        name, given, text = line.partition("=")
        if not name or " " in name or "\t" in name:
            what = f"variable '{name}' contains whitespaces" if name else f"no variable name on line '{line}'"
            raise DockerError(f"docker: invalid env file ({path}): {what}", _DOCKER_FAILED)
        if given:
            found[name] = text
        elif name in environment:
            found[name] = environment[name]
    return found


def run(
    words: Sequence[str], environment: Mapping[str, str], folder: Path, architecture: str, images: Images
) -> int:
    """Run an image's command as a process and pass its exit code on; TERM and INT are passed to it."""
    options = Options(words, environment)
    store, digest = images.image(options.image)
    space = folder / "containers" / options.name
    try:
        space.mkdir(parents=True)
    except FileExistsError:
        conflict = f'Conflict. The container name "/{options.name}" is already in use'
        raise DockerError(f"docker: Error response from daemon: {conflict}", _DOCKER_FAILED) from None
    state = space / "state"
    state.write_text("", encoding="utf-8")
    try:
        networks.check(folder, options.network)
        return _run(options, store, digest, space, architecture)
    except DockerError as error:
        state.write_text(str(error).removeprefix(f"docker: {DAEMON} "), encoding="utf-8")
        raise
    finally:
        _remove(space if options.removed else space / "root")
        (space / "process").unlink(missing_ok=True)


def _run(options: Options, store: Store, digest: str, space: Path, architecture: str) -> int:
    config = store.config(digest)
    unpacked = Unpacked(config, space)
    try:
        store.unpack(digest, unpacked.root)
        launch = unpacked.launch(
            options.environment,
            entry_point=options.entry_point,
            command=options.command,
            working_directory=options.working_directory,
        )
    except (StoreError, ValueError) as error:
        raise DockerError(f"docker: Error response from daemon: {error}", _DOCKER_FAILED) from error
    if config["architecture"] != architecture:
        sys.stderr.write(
            f"WARNING: The requested image's platform (linux/{config['architecture']}) does not match "
            f"the detected host platform (linux/{architecture}) and no specific platform was requested\n"
        )
        raise DockerError(f"exec {launch.words[0]}: exec format error", _WRONG_FORMAT)
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
        raise DockerError(
            f'docker: Error response from daemon: exec: "{launch.words[0]}": {reason}: unknown',
            _NOT_FOUND if missing else _NOT_EXECUTABLE,
        ) from error
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
            raise DockerError(
                f"`docker {verb} {' '.join(words)}` is not played at level process; give the name only",
                _DOCKER_FAILED,
            )
    record = containers / name / "process"
    if not record.exists():
        raise DockerError(f"Error response from daemon: No such container: {name}")
    pid = int(record.read_text(encoding="utf-8"))
    deadline = time.monotonic() + (patience if verb == "stop" else 0.0)
    if verb == "stop":
        _signal(pid, signal.SIGTERM)
    while record.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    if record.exists():
        _kill_group(pid)
    sys.stdout.write(f"{name}\n")


def inspect(template: str, name: str, containers: Path) -> str:
    """What `docker container inspect --format` says of a container that was not removed."""
    state = containers / name / "state"
    if not state.exists():
        raise DockerError(f"Error response from daemon: No such container: {name}")
    # No limit of memory is kept at this level, so none was ever exceeded.
    text = template.replace("{{.State.OOMKilled}}", "false")
    text = text.replace("{{.State.Error}}", state.read_text(encoding="utf-8"))
    if "{{" in text:
        played = "only {{.State.OOMKilled}} and {{.State.Error}} are"
        raise DockerError(f"--format {template!r} is not played at level process; {played}", _DOCKER_FAILED)
    return text


def remove(name: str, containers: Path) -> None:
    """`docker rm --force`: end a container that runs, and forget it."""
    space = containers / name
    if not space.exists():
        raise DockerError(f"Error response from daemon: No such container: {name}")
    with contextlib.suppress(FileNotFoundError):  # it may be ending just now
        _kill_group(int((space / "process").read_text(encoding="utf-8")))
    _remove(space)
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

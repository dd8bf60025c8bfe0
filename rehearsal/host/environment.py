"""The environment that a rehearsal and everything it starts live in: made for them, whatever the caller's shell exports.

A laptop's proxies, AWS profiles, PG* and PYTHON* variables, shell hooks and file modes are right for other work and wrong here:
calls would leave for a proxy, files would be unreadable to the database's user, a client would read somebody's profile. So the
command keeps what is known to be harmless and drops the rest. Only Docker's own client gets the user's variables back
(`users`): its credential helpers are the user's, and so are the registries of their base images.
"""

import os
import resource
import sys
import tempfile
from collections.abc import Mapping

from rehearsal.errors import MachineError

KEPT = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "TZ", "TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES",
})  # fmt: skip
"""What a rehearsal reads of a caller's environment."""

KEPT_PREFIXES = ("DOCKER_",)

FIXED: Mapping[str, str] = {
    "LANG": "C.UTF-8",
    "NO_PROXY": "*",
    "no_proxy": "*",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What it sets: nothing leaves by a proxy, even where a system names one elsewhere than in variables; no profile is read."""

FLAGS = ("-E", "-X", "utf8")
"""How this project's interpreter is started: without PYTHON* variables, and with UTF-8 whatever the locale is."""

OPEN_FILES = 4096
"""Sockets and files that a rehearsal asks for, where the machine lets it."""
FEWEST_OPEN_FILES = 256
"""Fewer are not enough for the connections of its servers, builds and tasks."""

_MASK = 0o022
_SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_given: dict[str, str] = {}


def made(given: Mapping[str, str]) -> dict[str, str]:
    """The environment for a rehearsal, made of a caller's."""
    kept = {name: value for name, value in given.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    home = kept.get("HOME", "")
    if not os.path.isabs(home) or not os.access(home, os.X_OK):  # noqa: PTH117  (a question about text)
        kept["HOME"] = "/"
    if not kept.get("PATH"):
        kept["PATH"] = _SYSTEM
    for size in ("COLUMNS", "LINES"):
        if size in kept and not (kept[size].isdecimal() and int(kept[size]) >= 20):  # noqa: PLR2004
            del kept[size]
    return {**kept, **FIXED}


def users() -> dict[str, str]:
    """What the caller's environment was, for Docker's client."""
    return dict(_given or os.environ)


def restart_if_need_be(file: str) -> None:
    """Start the program in `file` again with FLAGS where it runs without: PYTHON* variables are read before any code of ours."""
    if sys.flags.ignore_environment and sys.flags.utf8_mode:
        return
    unwritten = ["-B"] if sys.flags.dont_write_bytecode else []
    os.execv(sys.executable, [sys.executable, *FLAGS, *unwritten, file, *sys.argv[1:]])  # noqa: S606  (no shell wanted)


def take_over() -> None:
    """Give this process the environment made for it, open standard streams, a plain file mode and enough files.

    MachineError when the machine lets it open too few files.
    """
    if not _given:
        _given.update(os.environ)
    wanted = made(_given)
    for name in [one for one in os.environ if one not in wanted]:
        del os.environ[name]
    os.environ.update(wanted)
    tempfile.tempdir = None
    os.umask(_MASK)
    _open_standard_streams()
    _raise_open_files()


def _open_standard_streams() -> None:
    """Without it, the first socket would become "standard output" of every child."""
    for number, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  (it is, when it was closed)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115


def _raise_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = OPEN_FILES if hard == unlimited else min(OPEN_FILES, hard)
    if soft != unlimited and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if hard != unlimited and hard < FEWEST_OPEN_FILES:
        raise MachineError(
            f"at most {hard} files may be open at once (ulimit -n)",
            f"a rehearsal opens up to {FEWEST_OPEN_FILES}",
            "raise the hard limit",
        )

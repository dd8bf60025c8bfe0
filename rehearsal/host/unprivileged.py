"""Runs a command as the user `nobody`: `python -I -S unprivileged.py COMMAND WORD...`.

PostgreSQL refuses to run as root (https://www.postgresql.org/docs/18/app-postgres.html, "the PostgreSQL user
account"), and root's projects often lie in a home that nobody else may enter. Widening those folders'
permissions or adding a user to the machine would change things outside the project, so the command keeps one
thing of root's: it may read and pass through folders.
"""

import ctypes
import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path

USER = "nobody"

# linux/capability.h, linux/securebits.h and linux/prctl.h
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 28, 47, 2


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def become(user: str = USER) -> None:
    """Turn this process into the user's, keeping at most the right to pass through folders."""
    who = pwd.getpwnam(user)
    libc: ctypes.CDLL | None = None
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
    # Without the bit, access(2) ignores capabilities and PostgreSQL can't find its own executable. Where
    # setting it is not permitted the command still works in folders that everyone may enter.
    keeps = libc and libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0
    os.setgroups([])
    os.setgid(who.pw_gid)
    os.setuid(who.pw_uid)
    if libc and keeps:
        _keep_passing_through(libc)


def _keep_passing_through(libc: ctypes.CDLL) -> None:
    header = _Header(_CAPABILITY_VERSION_3, 0)
    data = (_Data * 2)()
    _check(libc.capget(ctypes.byref(header), data))
    owned = data[0].permitted
    # Containers usually lack the narrower of the two.
    wanted = next((cap for cap in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE) if owned & 1 << cap), None)
    mask = 0 if wanted is None else 1 << wanted
    data[0].effective = data[0].permitted = data[0].inheritable = mask
    data[1].effective = data[1].permitted = data[1].inheritable = 0
    _check(libc.capset(ctypes.byref(header), data))
    if wanted is not None:
        _check(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, wanted, 0, 0))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def command(words: Sequence[str]) -> list[str]:
    """The words that run a command as somebody without root's rights: themselves, unless we are root."""
    return [*words] if os.geteuid() != 0 else [sys.executable, "-I", "-S", __file__, *words]


def hand_over(folder: Path) -> None:
    """Give a folder to the user that such a command runs as when we are root."""
    if os.geteuid() != 0:
        return
    who = pwd.getpwnam(USER)
    for parent, _, files in os.walk(folder):
        for path in (parent, *(os.path.join(parent, name) for name in files)):  # noqa: PTH118 (a thousand of them)
            os.chown(path, who.pw_uid, who.pw_gid)


if __name__ == "__main__":
    become()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 (no shell wanted)

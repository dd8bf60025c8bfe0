"""Words for what nobody raised on purpose: the machine's own refusals in one sentence, everything else kept for a report.

An `OSError` of a full disk may come out of any write, so it is worded by its number, wherever it was.
"""

import errno
import os
import re
import shutil
import time
import traceback
from pathlib import Path

from rehearsal.errors import MachineError, RehearsalError
from rehearsal.host.scratch import NAME

KEPT = 5
"""Tracebacks that are kept; the oldest go first."""

_MACHINE = {
    errno.ENOSPC: ("there is no space left on the disk", "free some: a rehearsal needs about 200 MB"),
    errno.EFBIG: ("a file may not grow as large as it must", "raise the limit (ulimit -f)"),
    errno.EDQUOT: ("your quota on the disk is used up", "free some: a rehearsal needs about 200 MB"),
    errno.EROFS: ("the disk is read-only", "rehearse where you may write"),
    errno.EACCES: ("this user may not do that", "look at the owner and the mode of what is named"),
    errno.EPERM: ("this user may not do that", "look at the owner and the mode of what is named"),
    errno.EMFILE: ("too many files are open in this process", "raise the limit (ulimit -n)"),
    errno.ENFILE: ("too many files are open on this machine", "close other programs"),
    errno.ENOMEM: ("there is no memory left", "close other programs"),
    errno.EAGAIN: (
        "the machine starts no further process or thread",
        "raise the limit (ulimit -u) or close other programs",
    ),
    errno.EPIPE: ("whoever read the output has gone", "read it to its end, or send it to a file"),
    errno.EIO: ("the terminal or disk has gone", "run it where it stays"),
    errno.EADDRNOTAVAIL: ("no port of this machine is free", "close other programs"),
    errno.ENAMETOOLONG: ("the path is too long", "move the project to a shorter one"),
    errno.ENOEXEC: (
        "this machine cannot run that program",
        "install the one for this machine: make clean setup",
    ),
}


class Unforeseen(RehearsalError):
    """A fault of the rehearsal itself."""

    kind = "unforeseen"
    exit_code = 70


def worded(error: BaseException, root: Path) -> RehearsalError:
    """Any error as one that a user can read; the traceback of an unforeseen one is kept below `root`."""
    told = foreseen(error)
    if told is not None:
        return told
    where = _kept(error, root)
    seen = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return Unforeseen(seen, "nobody foresaw this", f"please report it{where}")


def foreseen(error: BaseException) -> RehearsalError | None:
    """What the error, or whatever led to it, says in words of its own or of the machine's; None for neither."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, RehearsalError):
            return cause
        if isinstance(cause, shutil.Error):
            cause = _first(cause)
        if isinstance(cause, OSError) and cause.errno in _MACHINE:
            rule, remedy = _MACHINE[cause.errno]
            return MachineError(str(cause.filename or cause.strerror), rule, remedy)
        if isinstance(cause, MemoryError) or "can't start new thread" in str(cause):
            return MachineError(
                str(cause) or "MemoryError", "the machine gives no more memory", "close other programs"
            )
        cause = cause.__cause__ or cause.__context__
    return None


def _first(error: shutil.Error) -> OSError:
    """What kept the first file from being copied: `shutil` hands on the text of an error, its number included."""
    failed: object = error.args[0] if error.args else None
    for number in re.findall(r"\[Errno (\d+)\]", str(failed)):
        return OSError(int(number), os.strerror(int(number)))
    return error


def _kept(error: BaseException, root: Path) -> str:
    """Keep a traceback, readable by its owner only; the words that say where."""
    folder = root / NAME / "faults"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in sorted(folder.glob("*.txt"))[: -(KEPT - 1)]:
            old.unlink(missing_ok=True)
        file = folder / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{time.monotonic_ns()}.txt"
        file.touch(mode=0o600)
        file.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return "; its traceback could not be saved"
    return f" with {file}"

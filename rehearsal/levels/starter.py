"""Executables that start this project's code with this interpreter, wherever both lie. Standard library only."""

import shlex
import sys
from pathlib import Path

_LONGEST = 120
"""Bytes that every system takes in a `#!` line."""


def install(folder: Path, name: str, code: str) -> Path:
    """Write an executable of this name into the folder, made if need be; the executable.

    `code` is Python, with this project importable. -I and -S keep the caller's PYTHON* variables out, and save the 20 ms
    of looking for installed packages. Without a shell where the path of the interpreter lets us: a shell would not pass
    on a variable whose name is none of its own.
    """
    root = Path(__file__).resolve().parents[2]
    whole = f"import sys; sys.path.insert(0, {str(root)!r}); {code}"
    line = f"#!{sys.executable} -IS"
    if len(line.encode()) > _LONGEST or " " in sys.executable:
        text = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -S -c {shlex.quote(whole)} "$@"\n'
    else:
        text = f"{line}\n{whole}\n"
    folder.mkdir(parents=True, exist_ok=True)
    executable = folder / name
    executable.write_text(text, encoding="utf-8")
    executable.chmod(0o755)
    return executable

"""Pages of docs/ as a reader follows them: their files saved, their commands run, their settings written into a file."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.host.project import ROOT

_FENCE = re.compile(
    r"^(?P<caption>[^\n]*)\n\n```(?P<language>\w+)\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL
)
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PATH = re.compile(r"`([^` ]+)`")


@dataclass(frozen=True)
class Block:
    """What stands between fences, and the line before it."""

    caption: str
    language: str
    content: str

    @property
    def path(self) -> str:
        """The file that the caption names first."""
        named = _PATH.search(self.caption)
        assert named, f"the line before this block names no file: {self.caption}"
        return named[1]


def section(page: str, heading: str) -> list[Block]:
    """The blocks below one heading of a page of docs/, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    [below] = [
        part for part in re.split(r"^## ", text, flags=re.MULTILINE) if part.startswith(f"{heading}\n")
    ]
    blocks = [Block(**found.groupdict()) for found in _FENCE.finditer(below)]
    assert len(blocks) == below.count("```") // 2, "every block has a line and an empty one before it"
    return blocks


def followed(blocks: list[Block], folder: Path) -> Iterator[str]:
    """Do what a reader does, with `folder` in the place of ../hello; yields what each block of commands printed."""
    folder.mkdir()
    for block in blocks:
        if block.language == "sh":
            yield _run(block.content.replace("../hello", str(folder)))
        elif block.language == "yaml":
            write_over(_there(block.path, folder), yaml.safe_load(block.content))
        else:
            _there(block.path, folder).write_text(block.content, encoding="utf-8")


def write_over(file: Path, keys: Mapping[str, Any]) -> None:
    """A stack's file with these keys below `config:` written over what is there."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    document["config"] = _merged(document["config"], keys)
    file.write_text(yaml.safe_dump(document), encoding="utf-8")


def _there(path: str, folder: Path) -> Path:
    assert path.startswith("../hello/"), f"{path} is not the reader's own"
    return folder / path.removeprefix("../hello/")


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, Mapping):
        return old | {key: _merged(old.get(key), value) for key, value in new.items()}
    return new


def _run(commands: str) -> str:
    # npm trusts what Node.js brings along; where packages come by way of a host with a certificate of its own, only the system knows it.
    trusted = {"NODE_EXTRA_CA_CERTS": str(SYSTEM_CERTIFICATES)} if SYSTEM_CERTIFICATES.exists() else {}
    done = subprocess.run(
        ["/usr/bin/env", "bash", "-euo", "pipefail", "-c", commands],
        cwd=ROOT,
        env=trusted | os.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, f"{commands}{done.stdout}{done.stderr}"[-4000:]
    return done.stdout

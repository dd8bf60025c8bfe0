"""The application that is released in a rehearsal: its versions, each a folder with what changes laid over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.evaluation.program import ROOT


@dataclass(frozen=True)
class Version:
    """One version of an application: a folder with a Dockerfile, and what is laid over it."""

    name: str
    """What it is called in timelines and reports."""
    folder: Path
    overlays: Sequence[Path] = ()


@dataclass(frozen=True)
class LocalImage:
    """One version of an application: an image of this machine's Docker daemon."""

    name: str
    """What it is called in timelines and reports."""
    image: str
    """What the daemon calls it."""


EXAMPLES = ROOT / "examples"
_APP = EXAMPLES / "app"
_V2 = EXAMPLES / "releases" / "v2"
_BROKEN = EXAMPLES / "releases" / "v3-broken"
_V4 = EXAMPLES / "releases" / "v4"

V1 = Version("v1", _APP)
V2 = Version("v2", _APP, [_V2])
BROKEN = Version("v3", _APP, [_V2, _BROKEN])
"""A version whose migration fails."""
V4 = Version("v4", _APP, [_V2, _V4])
"""A good version that follows v2."""

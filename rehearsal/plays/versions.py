"""The versions of the sample application, each a folder with what changes laid over it."""

from rehearsal.host.project import ROOT
from rehearsal.levels.version import Version

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

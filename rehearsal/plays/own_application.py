"""A release of an application nobody here wrote, through the declared pipeline.

Its own migration command, port and health path are the stack's settings. Which version answers is told by the load
balancer's access log, since nothing is known of what the application says.
"""

from dataclasses import dataclass

from rehearsal.levels.version import LocalImage, Version
from rehearsal.plays.play import Play
from rehearsal.plays.releasing import released, watched
from rehearsal.running.rehearsal import Rehearsal


@dataclass(frozen=True)
class OwnApplication:
    """What to release."""

    version: Version | LocalImage
    previous: Version | LocalImage | None = None
    """What answers before; the bootstrap image when left out."""

    def play(self, rehearsal: Rehearsal, play: Play) -> None:
        """Release `previous`, then `version`, while requests go on."""
        with watched(rehearsal, play):
            for version in (self.previous, self.version):
                if version is not None:
                    released(rehearsal, play, version)

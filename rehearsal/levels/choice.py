"""Which levels there are, and which one this machine can do."""

from rehearsal.errors import UsageError
from rehearsal.levels.container import daemon
from rehearsal.levels.container.level import ContainerLevel
from rehearsal.levels.process.level import Level, ProcessLevel

LEVELS: dict[str, type[Level]] = {"process": ProcessLevel, "container": ContainerLevel}
"""Every level by its name, from the least real to the most real."""


def level_named(name: str | None) -> type[Level]:
    """The level that was asked for, or the most real one this machine can do.

    RehearsalError for a level that does not exist, or for `container` where no Docker daemon answers.
    """
    if name is None:
        return ProcessLevel if daemon.missing() else ContainerLevel
    if name not in LEVELS:
        raise UsageError(f"--level {name}", "there is no such level", f"name one of {', '.join(LEVELS)}")
    if LEVELS[name] is ContainerLevel:
        daemon.docker()
    return LEVELS[name]

"""The sample application in somebody's own stack: what its habits are, and which settings ask for others. Pure."""

from collections.abc import Iterator

from settings import Settings

NAME = "the sample application examples/app"
INSTEAD = "rehearse your own application with --app FOLDER or --image NAME"

_PROGRAM = "migrate.py"
_PROGRAMS = ("app.py", "worker.py")
_VARIABLE = "DATABASE_URL"
_PATHS = ("/healthz", "/")


def hint(settings: Settings) -> str:
    """What to say after a release of the sample failed: whose application was played, and what it cannot do here."""
    found = list(misfits(settings))
    cannot = "".join(f"\n  {one}" for one in found)
    return f"\n{NAME} was played here{', and' if found else ''}{cannot or ''}\n{INSTEAD}"


def paths(settings: Settings) -> tuple[str, ...]:
    """What to ask it for: the page that reads the database, where every service has one; else the health path."""
    everywhere = all(
        _VARIABLE in {*one.environment, *one.secrets}
        for one in settings.services.values()
        if one.takes_traffic
    )
    return ("/",) if everywhere else ()


def misfits(settings: Settings) -> Iterator[str]:
    """Where the settings ask for another application than the sample, one sentence each."""
    words = [*settings.migration.entry_point, *settings.migration.command]
    if not any(_PROGRAM in word for word in words):
        yield f"migration.command is {' '.join(words)!r}, while its migration is 'python {_PROGRAM}'"
    given = {*settings.migration.environment, *settings.migration.secrets}
    if _VARIABLE not in given:
        yield f"migration.environment and secrets have no {_VARIABLE}, which its migration reads"
    for name, service in settings.services.items():
        if service.takes_traffic and service.health_check.path not in _PATHS:
            path = service.health_check.path
            yield f"services.{name}.healthCheck.path is {path}, while it answers {' and '.join(_PATHS)} only"
        if service.command and not any(one in " ".join(service.command) for one in _PROGRAMS):
            yield (
                f"services.{name}.command is {' '.join(service.command)!r}, while it starts by 'python app.py', its worker by "
                "'python worker.py'"
            )

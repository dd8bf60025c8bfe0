"""Points plain variables that name a database of AWS at the rehearsal's, as secrets are (see `database_variables.py`).

Nothing here can reach such a host. With a variable go those of the same reader and the same beginning that tell the other
parts, since they are of the same database: with `DB_HOST` go `DB_PORT` and `DB_NAME`.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.evaluation import database_texts
from rehearsal.host.database_address import Address
from settings import NAMESPACE

_WHERE = re.compile(
    r"(?P<beginning>.+?)[_.-]?(?:HOST|HOSTNAME|SERVER|ADDRESS|ENDPOINT|(?:JDBC_)?(?:URL|URI|DSN))",
    re.IGNORECASE,
)
_PARTS = {
    "PORT": "port",
    "USER": "username", "USERNAME": "username", "LOGIN": "username",
    "PASSWORD": "password", "PASS": "password", "PASSWD": "password", "PWD": "password",
    "NAME": "dbname", "DBNAME": "dbname", "DATABASE": "dbname", "DB": "dbname",
}  # fmt: skip


@dataclass(frozen=True)
class Pointed:
    """A stack's configuration with the rehearsal's database in its plain variables."""

    config: Mapping[str, Any]
    done: Sequence[str] = ()
    """What names the rehearsal's database now, in sentences; the only values in them are hosts."""
    left: Sequence[str] = ()
    """What still names a database that nothing here reaches."""


def names_a_database(config: Mapping[str, Any]) -> bool:
    """Whether some plain variable names a database of AWS."""
    return any(_hosts(variables) for _, variables in _readers(config))


def point(config: Mapping[str, Any], database: Address) -> Pointed:
    """Point every plain variable that names a database of AWS at `database`, and those beside it."""
    made = {key: _copied(value) for key, value in config.items()}
    done, left = list[str](), list[str]()
    there: dict[str, None] = {}
    for reader, variables in _readers(made):
        named = _hosts(variables)
        there |= dict.fromkeys(host for hosts in named.values() for host in hosts)
        texts = {name: database_texts.pointed(str(variables[name]), database) for name in named}
        new = {name: text for name, text in texts.items() if text is not None}
        beside = {
            name: str(database.fields[part])
            for name in variables
            if name not in named and (part := _part(name, new)) is not None
        }
        variables.update(new | beside)
        done += [f"{name} of {reader}" for name in (*new, *beside)]
        left += [f"{name} of {reader}" for name in named if name not in new]
    hosts = ", ".join(there)
    engine = f"for the rehearsal's database is {database.engine}"
    return Pointed(
        made,
        [f"{', '.join(done)}: the rehearsal's own database, in place of {hosts}"] if done else [],
        [f"{', '.join(left)}: as declared, a host that nothing here reaches, {engine}"] if left else [],
    )


def as_exported(config: Mapping[str, Any]) -> Pointed:
    """Such variables where the resources are an exported state's, which is left alone."""
    names = [f"{name} of {reader}" for reader, variables in _readers(config) for name in _hosts(variables)]
    left = [f"{', '.join(names)}: as exported, a host that nothing here reaches"] if names else []
    return Pointed(config, left=left)


def _copied(value: Any) -> Any:
    """A copy in which nothing is in two places: what a YAML alias names would be changed for every reader at once."""
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_copied(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _hosts(variables: Mapping[str, Any]) -> dict[str, Collection[str]]:
    """The variables that name databases of AWS, with their hosts."""
    found = {name: database_texts.hosts(str(value)) for name, value in variables.items()}
    return {name: hosts for name, hosts in found.items() if hosts}


def _part(name: str, pointed: Collection[str]) -> str | None:
    """Which part of the database a variable tells that begins like one of `pointed`; None for any other."""
    for one in pointed:
        where = _WHERE.fullmatch(one)
        if where is not None and name.upper().startswith(where["beginning"].upper()):
            part = name[len(where["beginning"]) :].upper().strip("_.-")
            if part in _PARTS:
                return _PARTS[part]
    return None


def _readers(config: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that has plain variables, with them."""
    migration: Mapping[str, Any] = config.get(f"{NAMESPACE}:migration") or {}
    yield "migration", migration.get("environment") or {}
    services: Mapping[str, Mapping[str, Any]] = config.get(f"{NAMESPACE}:services") or {}
    for name, service in services.items():
        yield name, service.get("environment") or {}
        for sidecar in service.get("sidecars") or ():
            yield f"{name}/{sidecar['name']}", sidecar.get("environment") or {}

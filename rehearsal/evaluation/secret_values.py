"""Values for the secrets a stack refers to: the user's own, the rehearsal database's, or made up; never shown.

The infrastructure team keeps them outside this program, so a rehearsal has to bring them.
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from documents.secrets import Reference, parse
from rehearsal.endpoint.emulator import give_secret_arn
from rehearsal.errors import UsageError
from rehearsal.evaluation import database_variables
from rehearsal.evaluation.secrets_file import Given
from rehearsal.host.database_address import Address
from rehearsal.world.cloud import Cloud
from settings import Settings

_SUFFIX = 7
"""Length of the dash and the six random characters at the end of a secret's ARN (Secrets Manager User Guide, troubleshoot)."""
_LARGEST_SECRET, _LARGEST_PARAMETER = 65_536, 8_192
_MIGRATION = "migration"


@dataclass(frozen=True)
class Use:
    """One variable that is read from a secret."""

    reader: str
    """`migration`, a service, or `service/sidecar`."""
    variable: str
    reference: str

    @property
    def parsed(self) -> Reference:
        """The reference taken apart."""
        return parse(self.reference)

    @property
    def stored_as(self) -> str:
        """What is stored: the secret's ARN, or the parameter's name."""
        one = self.parsed
        return one.parameter if one.parameter is not None else one.arn or ""

    @property
    def secret(self) -> str:
        """The secret's own name; empty for a parameter."""
        one = self.parsed
        return "" if one.parameter is not None else (one.arn or "").partition(":secret:")[2][:-_SUFFIX]

    @property
    def whole_names(self) -> tuple[str, ...]:
        """What a file may call the whole secret or the parameter."""
        one = self.parsed
        if one.parameter is not None:
            bare = one.parameter.lstrip("/")
            return tuple(dict.fromkeys((self.reference, one.parameter, one.arn or one.parameter, bare)))
        return (one.arn or "", self.secret)

    @property
    def names(self) -> tuple[str, ...]:
        """What a file may call just this value, in order."""
        key = self.parsed.json_key
        own = (self.variable, self.reference, self.reference.rstrip(":"))
        if not key:
            return own
        return (*own, *(f"{name}:{key}" for name in self.whole_names))

    def __str__(self) -> str:
        """Say who reads what."""
        return f"{self.variable} of {self.reader}"


@dataclass
class Told:
    """Where the values of the variables come from, by the names of who reads them."""

    given: list[str] = field(default_factory=list[str])
    database: list[str] = field(default_factory=list[str])
    made_up: list[str] = field(default_factory=list[str])
    left: Sequence[str] = ()
    """Sentences on plain variables that name a database which nothing here reaches."""

    def lines(self) -> list[str]:
        """Say it in sentences, without a value."""
        whose = {
            "from --secrets": self.given,
            "the rehearsal's own database": self.database,
            "made up, random text; give real ones with --secrets FILE": self.made_up,
        }
        return [f"{', '.join(names)}: {source}" for source, names in whose.items() if names]


def readers(settings: Settings) -> list[str]:
    """Everything that reads secrets."""
    sidecars = [
        f"{name}/{one.name}" for name, service in settings.services.items() for one in service.sidecars
    ]
    return [_MIGRATION, *settings.services, *sidecars]


def _uses(settings: Settings) -> Iterator[Use]:
    declared: dict[str, Mapping[str, str]] = {_MIGRATION: settings.migration.secrets}
    for name, service in settings.services.items():
        declared[name] = service.secrets
        declared |= {f"{name}/{sidecar.name}": sidecar.secrets for sidecar in service.sidecars}
    for reader, variables in declared.items():
        for variable, reference in variables.items():
            yield Use(reader, variable, reference)


def store(cloud: Cloud, settings: Settings, database: Address, given: Given | None = None) -> Told:
    """Store a value for every secret the stack refers to; UsageError for a file that does not fit the stack."""
    told = Told()
    stored: dict[tuple[str, str], list[Use]] = {}
    for use in _uses(settings):
        stored.setdefault((use.stored_as, use.parsed.region), []).append(use)
    for (name, region), group in stored.items():
        text = _text(group, database, given, told)
        _expect_size(group[0], text)
        if group[0].secret:
            _store_secret(cloud, name, region, text, [use.parsed for use in group])
        else:
            cloud.client("ssm", region=region).put_parameter(
                Name=name, Value=text, Type="SecureString", Tier="Advanced", Overwrite=True
            )
    if given is not None:
        given.expect_all_used(sorted({use.variable for use in _uses(settings)}))
    return told


def _text(group: Sequence[Use], database: Address, given: Given | None, told: Told) -> str:
    """The text of one secret or parameter that these variables read, each by its key or as a whole."""
    whole = _given_whole(group, given)
    if whole is not None:
        told.given += map(str, group)
        return whole
    keys = {key for use in group if (key := use.parsed.json_key)}
    variables = [use.variable for use in group]
    standard = (
        database_variables.document(group[0].secret, keys, variables, database) if group[0].secret else {}
    )
    values: dict[str, Any] = _given_parts(group, given)
    own = set(values)
    named = _named(group, database)
    for use in group:
        key = use.parsed.json_key
        if key in own:
            told.given.append(str(use))
        elif standard and (not key or key in standard or database_variables.managed(group[0].secret)):
            told.database.append(str(use))
        elif key in named:
            values[key] = named[key]
            told.database.append(str(use))
        else:
            values.setdefault(key, secrets.token_urlsafe(24))
            told.made_up.append(str(use))
    if not keys and "" in values:
        return str(values[""])
    return json.dumps({**standard, **{key: value for key, value in values.items() if key}})


def _named(group: Sequence[Use], database: Address) -> dict[str, str | int]:
    """What the variables' names tell of keys: one that says a database tells it for every other that reads the same."""
    found: dict[str, str | int] = {}
    for use in group:
        if (value := database_variables.named(use.variable, database)) is not None:
            found.setdefault(use.parsed.json_key, value)
    return found


def _given_parts(group: Sequence[Use], given: Given | None) -> dict[str, Any]:
    """What a file gives for single keys."""
    entries: dict[str, dict[str, str]] = {}
    for use in group:
        if given is not None and (found := given.value(use.reader, use.names)):
            entries.setdefault(use.parsed.json_key, {})[found[0]] = found[1]
    if given is not None:
        for several in entries.values():
            _expect_one(given, several)
    return {key: next(iter(several.values())) for key, several in entries.items()}


def _given_whole(group: Sequence[Use], given: Given | None) -> str | None:
    """The whole secret that a file gives by its ARN or name, or by a variable that reads all of it.

    Its keys are the file's, right or wrong, as on AWS.
    """
    if given is None:
        return None
    found: dict[str, str] = {}
    for use in group:
        every = use.whole_names if use.parsed.json_key else (*use.names, *use.whole_names)
        if entry := given.value(use.reader, every):
            found[entry[0]] = entry[1]
    if not found:
        return None
    parts = {
        entry[0] for use in group if use.parsed.json_key and (entry := given.value(use.reader, use.names))
    }
    _expect_one(given, {**found, **dict.fromkeys(parts, "")})
    return next(iter(found.values()))


def _expect_one(given: Given, entries: Mapping[str, str]) -> None:
    if len(set(entries.values())) > 1:
        raise UsageError(
            f"--secrets {given.path}: {' and '.join(entries)}",
            "they give one stored value in several ways, and a secret has one",
            "give it once, by the variable or by the reference",
        )


def _expect_size(use: Use, text: str) -> None:
    """Secrets Manager User Guide, reference_limits; Systems Manager, PutParameter (an advanced parameter)."""
    largest = _LARGEST_SECRET if use.secret else _LARGEST_PARAMETER
    size = len(text.encode())
    if not 0 < size <= largest:
        raise UsageError(
            f"the value for {use} has {size} bytes",
            f"AWS stores 1 to {largest} bytes there",
            "give another value with --secrets FILE",
        )


def _store_secret(cloud: Cloud, arn: str, region: str, text: str, references: Sequence[Reference]) -> None:
    name = arn.partition(":secret:")[2][:-_SUFFIX]
    manager = cloud.client("secretsmanager", region=region)
    manager.create_secret(Name=name, SecretString=text)
    for stage, version in sorted(
        {(one.stage, one.version) for one in references} - {("", ""), ("AWSCURRENT", "")}
    ):
        manager.put_secret_value(
            SecretId=name,
            SecretString=text,
            **({"VersionStages": [stage]} if stage else {}),
            **({"ClientRequestToken": version} if version else {}),
        )
    give_secret_arn(arn, cloud.place.account)

"""Values for the secrets a stack refers to: the infrastructure team keeps them outside this program, so a rehearsal makes them up."""

import json
import secrets
from collections.abc import Mapping

from documents.secrets import parse
from rehearsal.cloud import Cloud
from rehearsal.gateway.emulator import give_secret_arn
from settings import Settings

DATABASE_VARIABLES = ("DATABASE_URL",)
"""Variables that get the URL of the rehearsal's own database."""


def references(settings: Settings) -> list[tuple[str, str]]:
    """Every variable that is read from a secret, with its reference."""
    places: list[Mapping[str, str]] = [settings.migration.secrets]
    for service in settings.services.values():
        places += [service.secrets, *(sidecar.secrets for sidecar in service.sidecars)]
    return sorted({pair for place in places for pair in place.items()})


def store(cloud: Cloud, settings: Settings, database_url: str) -> None:
    """Store a value for every secret the stack refers to: the database's URL, or something random."""
    values: dict[str, dict[str, str]] = {}
    for variable, reference in references(settings):
        one = parse(reference)
        value = database_url if variable in DATABASE_VARIABLES else secrets.token_urlsafe(24)
        if one.parameter is not None:
            cloud.client("ssm").put_parameter(
                Name=one.parameter, Value=value, Type="SecureString", Overwrite=True
            )
        else:
            values.setdefault(one.arn or "", {})[one.json_key] = value
    for arn, keys in values.items():
        _store_secret(cloud, arn, keys)


def _store_secret(cloud: Cloud, arn: str, keys: Mapping[str, str]) -> None:
    text = keys[""] if set(keys) == {""} else json.dumps(dict(keys))
    name = arn.rpartition(":secret:")[2][:-7]
    cloud.client("secretsmanager").create_secret(Name=name, SecretString=text)
    give_secret_arn(arn)

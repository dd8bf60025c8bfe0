"""Reads the stack's configuration and its place: the one module that asks Pulumi for either."""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config

from components.kit.stack import Stack
from documents.names import Names
from documents.nested import is_map
from documents.place import Place
from documents.tags import refusals as tag_refusals
from settings import NAMESPACE, Settings, SettingsError, parse, refuse_examples, refuse_stack_name
from settings.elsewhere import refuse_elsewhere


def read(given: Mapping[str, Any] | None = None) -> Settings:
    """The settings in the program's own configuration, and where it has none of a key, those that are `given`.

    A finding ends the program with its sentence alone.
    """
    with _findings_alone():
        _refuse_outputs(given or {})
        return parse({**(given or {}), **_raw()})


def located(settings: Settings) -> Stack:
    """These settings in the stack, account and Region that Pulumi runs for.

    Asked before any resource is declared; what does not fit there ends the program with its sentence alone.
    """
    with _findings_alone():
        refuse_stack_name(settings, pulumi.get_stack())
        place = _place()
        refuse_examples(settings, place.account)
        refuse_elsewhere(settings, place)
        _refuse_tags()
    return Stack(settings=settings, names=Names(settings.application, pulumi.get_stack()), place=place)


def _refuse_outputs(value: Any, path: str = NAMESPACE) -> None:
    """Settings are checked before anything is declared, so none can be what a declared resource answers."""
    if isinstance(value, pulumi.Output):
        raise SettingsError(
            f"{path} is an Output, which is known only when the resource it is of has been made; settings are checked before "
            "anything is declared: write the value itself, or declare that resource in a stack that is there before and read it "
            "from there"
        )
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[Any, Any]", value).items():
            _refuse_outputs(inner, f"{path}{':' if path == NAMESPACE else '.'}{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(cast("Sequence[Any]", value)):
            _refuse_outputs(inner, f"{path}[{index}]")


@contextmanager
def _findings_alone() -> Generator[None]:
    try:
        yield
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None


def _raw() -> dict[str, Any]:
    """Every key of our namespace, known or not, so that an unknown one can be refused."""
    prefix = f"{NAMESPACE}:"
    everything = {**config.get_config_env(), **config.CONFIG.get()}
    values = {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
    encrypted = [
        key for key in values if config.is_config_secret(prefix + key) or prefix + key in _secret_keys()
    ]
    if encrypted:
        raise SettingsError(
            "\n".join(
                f"{prefix}{key} holds a value encrypted by `pulumi config set --secret`; {_NO_SECRETS}"
                for key in encrypted
            )
        )
    return {key: value if key in _TEXTS else _object(value) for key, value in values.items()}


_NO_SECRETS = (
    "settings end up in templates, build variables and state, where it would be in clear: keep the value in "
    "Secrets Manager or SSM and name it under secrets"
)


def _secret_keys() -> list[str]:
    return config.get_config_secret_keys_env()


_TEXTS = frozenset(
    field.alias or name for name, field in Settings.model_fields.items() if field.annotation is str
)


def _object(value: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value  # a text, which the settings' own rules take or refuse


def _refuse_tags() -> None:
    """The provider's own setting, which it gives to every resource that has tags."""
    given: Any = pulumi.Config("aws").get_object("defaultTags")
    tags = given.get("tags") if is_map(given) else None
    if is_map(tags):
        refused = tag_refusals({str(key): str(value) for key, value in tags.items()})
        if refused:
            raise SettingsError("\n".join(f"aws:defaultTags: {one}" for one in refused))


def _place() -> Place:
    identity = aws.get_caller_identity()
    return Place(identity.account_id, aws.get_region().region, identity.arn.split(":")[1])

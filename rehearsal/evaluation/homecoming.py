"""Where a stack is rehearsed: in its own Region and partition, and in the example account instead of its own."""

import difflib
import importlib.resources
import json
import re
from collections.abc import Mapping
from typing import Any

from documents.place import EXAMPLE_ACCOUNT, Place
from rehearsal.errors import StackError
from rehearsal.world.cloud import HERE
from settings import Settings
from settings.elsewhere import own_account, refuse_elsewhere


def place_of(config: Mapping[str, Any], account: str = EXAMPLE_ACCOUNT) -> Place:
    """Where the stack's file says it lives; StackError for a Region that AWS does not have."""
    region = str(config.get("aws:region", HERE.region))
    try:
        place = Place.of(account, region)
    except ValueError as error:
        raise StackError("aws:region", str(error), "correct it in the stack's file") from None
    known = _regions(place.partition)
    if region not in known:
        near = difflib.get_close_matches(region, known, n=1)
        raise StackError(
            f"aws:region is {region!r}",
            "it has a Region's form, and the AWS SDK knows none of that code, so no call of `pulumi up` would find its host",
            f"did you mean {near[0]}?" if near else "correct it in the stack's file",
        )
    return place


def _regions(partition: str) -> list[str]:
    """The partition's Regions in the SDK's own list: a code's form does not say whether there is one of it."""
    text = importlib.resources.files("botocore").joinpath("data", "partitions.json").read_text("utf-8")
    return next(list(one["regions"]) for one in json.loads(text)["partitions"] if one["id"] == partition)


def brought_home(config: Mapping[str, Any], settings: Settings) -> tuple[dict[str, Any], str | None]:
    """The configuration with the example account in place of the stack's own, and that one's number when it differs.

    The stack's own account is the one that its settings show to be so. Raises SettingsError for what the settings name and
    a stack there cannot use.
    """
    own = own_account(settings)
    refuse_elsewhere(settings, place_of(config, own or EXAMPLE_ACCOUNT))
    if own is None or own == EXAMPLE_ACCOUNT:
        return dict(config), None
    return _renamed(dict(config), own), own


def _renamed(value: Any, account: str) -> Any:
    """`value` with the account replaced where an ARN or a registry's host names it.

    Secrets stay where they are, in whatever account: their readers take them from there, and a file of values names them so.
    """
    if isinstance(value, str):
        in_arn = re.sub(
            rf"(arn:[a-z-]+:(?!secretsmanager:)[a-z0-9-]+:[a-z0-9-]*:){account}:",
            rf"\g<1>{EXAMPLE_ACCOUNT}:",
            value,
        )
        return re.sub(rf"^{account}(?=\.dkr[.-]ecr)", EXAMPLE_ACCOUNT, in_arn)
    if isinstance(value, dict):
        return {key: _renamed(inner, account) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_renamed(one, account) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return value

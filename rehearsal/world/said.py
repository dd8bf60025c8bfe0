"""What a service has said in an error, in its own words. Pure."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError


def code(error: ClientError) -> str:
    """The error's code, such as `AccessDeniedException`; empty when it has none."""
    return str(_detail(error).get("Code", ""))


def message(error: ClientError) -> str:
    """The error's text; all that botocore knows when the service said none."""
    return str(_detail(error).get("Message", error))


def whole(error: ClientError) -> str:
    """Code and text."""
    detail = _detail(error)
    return f"{detail.get('Code')}: {detail.get('Message')}"


def _detail(error: ClientError) -> Mapping[str, Any]:
    return error.response.get("Error", {})

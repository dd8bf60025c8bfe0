"""References to secrets: where a value is kept, never the value."""

from typing import Annotated

from pydantic import AfterValidator

from documents.secrets import parse


def _checked(value: str) -> str:
    parse(value)
    return value


SecretReference = Annotated[str, AfterValidator(_checked)]
"""ARN of a Secrets Manager secret (optionally `:json-key:stage:version`), or ARN or name of an SSM parameter."""

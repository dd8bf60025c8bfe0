"""References to secrets: where a value is kept, never the value."""

from typing import Annotated

from pydantic import AfterValidator

from documents.secrets import codebuild_variable, parse


def _complete(value: str) -> str:
    """The reference as ECS takes it, whichever documented form it was written in."""
    return parse(value).value_from


def _for_a_build(value: str) -> str:
    codebuild_variable(value)
    return value


SecretReference = Annotated[str, AfterValidator(_complete)]
"""ARN of a Secrets Manager secret (optionally `:json-key:stage:version`), or ARN or name of an SSM parameter."""

BuildSecretReference = Annotated[SecretReference, AfterValidator(_for_a_build)]
"""The same, when CodeBuild can read it."""

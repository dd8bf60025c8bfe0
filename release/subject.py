"""What is being released: the image, and the stack it is for."""

import os
from dataclasses import dataclass

from botocore.exceptions import ClientError

from documents.descriptor import DescriptorError, StackDescriptor, from_json
from release.aws import Aws, code_of
from release.findings import RefusedError

DESCRIPTOR = "DELIVERY_DESCRIPTOR"
"""Variable of the function with the name of the parameter that says what the stack has."""


@dataclass(frozen=True)
class Subject:
    """One release of one stack."""

    aws: Aws
    digest: str
    """Digest of the image that is released."""
    stack: StackDescriptor[str]

    @property
    def registry_id(self) -> str:
        """Account of the image's registry."""
        return self.stack.repository_url.partition(".")[0]

    @property
    def image(self) -> str:
        """The image's full reference."""
        return f"{self.stack.repository_url}@{self.digest}"


def subject(aws: Aws, digest: str) -> Subject:
    """The release with its stack's descriptor; RefusedError when there is none."""
    name = os.environ[DESCRIPTOR]
    try:
        answer = aws.client("ssm").get_parameter(Name=name)
        return Subject(aws, digest, from_json(answer["Parameter"]["Value"]))
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        raise RefusedError(
            f"descriptor {name}",
            "the parameter is not there, so the stack was not made to its end",
            "let pulumi up end, then start the release again",
            "ConfigurationError",
        ) from None
    except DescriptorError as error:
        raise RefusedError(
            f"descriptor {name}",
            str(error).partition(":")[0],
            "run pulumi up with one version of the program, then start the release again",
            "ConfigurationError",
        ) from None

"""Amazon Resource Names, taken apart."""

from dataclasses import dataclass

_PARTS = 6


@dataclass(frozen=True)
class Arn:
    """`arn:partition:service:region:account:resource` (IAM User Guide, reference-arns)."""

    partition: str
    service: str
    region: str
    """Empty for what belongs to no Region, such as IAM's resources."""
    account: str
    """Empty for what belongs to no account by name, such as S3's buckets."""
    resource: str


def parse(text: str) -> Arn:
    """The parts of an ARN; ValueError for a text that is none."""
    parts = text.split(":", _PARTS - 1)
    if len(parts) != _PARTS or parts[0] != "arn" or not all((parts[1], parts[2], parts[5])):
        raise ValueError(
            f"{text!r} is no ARN, which has the form arn:partition:service:region:account:resource"
        )
    return Arn(*parts[1:])

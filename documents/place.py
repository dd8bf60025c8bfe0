"""Where a stack lives: account, Region, partition, and every name that follows from them.

Service principals are not among those names: they end in `amazonaws.com` in every partition (Terraform AWS provider,
data source service_principal; the managed policies of all partitions say the same for ECS tasks and CodeDeploy).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

EXAMPLE_ACCOUNT = "123456789012"
"""The account number of AWS's own examples. The shipped stack files name it, and no real account has it."""


@dataclass(frozen=True)
class Partition:
    """A group of Regions with accounts, ARNs and host names of its own (IAM User Guide, reference-arns)."""

    name: str
    regions: str
    """Regular expression of its Regions' codes."""
    dns_suffix: str
    registry_suffix: str
    """How dual-stack hosts of ECR end (Amazon ECR User Guide, ecr-requests)."""
    token_audiences: tuple[str, ...]
    """What a GitHub workflow may name as the audience of its token: the common one, and the partition's own."""


PARTITIONS: Mapping[str, Partition] = {
    one.name: one
    for one in (
        Partition(
            "aws",
            r"(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]+",
            "amazonaws.com",
            "on.aws",
            ("sts.amazonaws.com",),
        ),
        Partition(
            "aws-cn",
            r"cn-[a-z]+-[0-9]+",
            "amazonaws.com.cn",
            "on.amazonwebservices.com.cn",
            ("sts.amazonaws.com", "sts.amazonaws.com.cn"),
        ),
        Partition("aws-us-gov", r"us-gov-[a-z]+-[0-9]+", "amazonaws.com", "on.aws", ("sts.amazonaws.com",)),
    )
}
"""The partitions that offer CodePipeline, CodeBuild and CodeDeploy, as the AWS SDK's endpoint data has them."""


def partition_of(region: str) -> Partition:
    """The partition that a Region's code belongs to; ValueError when it belongs to none that is known here."""
    for partition in PARTITIONS.values():
        if re.fullmatch(partition.regions, region):
            return partition
    raise ValueError(
        f"{region!r} is no Region of the partitions {', '.join(PARTITIONS)}, the ones with CodePipeline, CodeBuild and "
        "CodeDeploy; write a Region's code such as eu-central-1"
    )


@dataclass(frozen=True)
class Place:
    """The account, Region and partition a stack lives in."""

    account: str
    region: str
    partition: str = "aws"

    @classmethod
    def of(cls, account: str, region: str) -> "Place":
        """The place in the Region's own partition; ValueError for a Region of none."""
        return cls(account, region, partition_of(region).name)

    def arn(self, service: str, resource: str) -> str:
        """ARN of a regional resource of this account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def iam_arn(self, resource: str) -> str:
        """ARN of an IAM resource of this account; IAM knows no Region."""
        return f"arn:{self.partition}:iam::{self.account}:{resource}"

    def bucket_arn(self, bucket: str) -> str:
        """ARN of a bucket, or of an object given as `bucket/key`; S3 names neither account nor Region."""
        return f"arn:{self.partition}:s3:::{bucket}"

    def host(self, name: str) -> str:
        """Full name of a regional host, given its first part, for example `ec2` or `shop-1.s3`."""
        return f"{name}.{self.region}.{self.dns_suffix}"

    @property
    def dns_suffix(self) -> str:
        """What host names of the partition end in."""
        return PARTITIONS[self.partition].dns_suffix

    @property
    def registry(self) -> str:
        """Host of this account's ECR registry (Amazon ECR User Guide, Registries)."""
        return self.host(f"{self.account}.dkr.ecr")

    @property
    def token_audiences(self) -> tuple[str, ...]:
        """Audiences of a workflow's token that mean AWS here."""
        return PARTITIONS[self.partition].token_audiences

    def via(self, service: str) -> str:
        """Value of `kms:ViaService` for a service of this Region (KMS Developer Guide, conditions-kms).

        The service's endpoint: the same data of the AWS SDK that names hosts.
        """
        return self.host(service)

    def elsewhere(self, *, account: str = "", region: str = "") -> "Place":
        """Another account or Region of the same partition."""
        return Place(account or self.account, region or self.region, self.partition)

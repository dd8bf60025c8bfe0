"""Where the shop's visitors put their files."""

import pulumi
from pulumi_aws import s3


class Uploads(pulumi.ComponentResource):
    """A bucket that nobody outside the account can read."""

    bucket: pulumi.Output[str]
    """Its name."""

    def __init__(self, name: str) -> None:
        """Declare the bucket."""
        super().__init__("shop:index:Uploads", name)
        inside = pulumi.ResourceOptions(parent=self)
        made = s3.Bucket(name, bucket_prefix=f"shop-{pulumi.get_stack()}-{name}-", opts=inside)
        s3.BucketPublicAccessBlock(
            name,
            bucket=made.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=inside,
        )
        self.bucket = made.bucket
        self.register_outputs({"bucket": self.bucket})

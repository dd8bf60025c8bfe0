"""The pipeline's bucket: artifacts that expire, and the release templates that stay."""

from typing import TypedDict

import pulumi
from pulumi_aws import s3

from components.json_text import json_text
from documents.bucket import expire_artifacts, tls_only
from documents.names import Names


class ArtifactStoreArgs(TypedDict):
    """What the bucket needs to know."""

    names: Names
    key_arn: str | None
    """Customer key; None leaves the encryption to S3's own key."""
    protect: bool
    """Whether Pulumi refuses to delete the bucket; an unprotected bucket is emptied when it is destroyed."""


class ArtifactStore(pulumi.ComponentResource):
    """A versioned bucket that is never public and speaks TLS only."""

    bucket: pulumi.Output[str]
    """Name of the bucket."""
    arn: pulumi.Output[str]
    """ARN of the bucket."""
    artifact_objects: pulumi.Output[str]
    """ARN pattern of the pipeline's artifacts."""

    def __init__(
        self, name: str, args: ArtifactStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the bucket and everything that guards it."""
        super().__init__("delivery:index:ArtifactStore", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        bucket = s3.Bucket(
            f"{name}-bucket",
            bucket_prefix=f"{args['names'].pipeline[:26]}-artifacts-",
            force_destroy=not args["protect"],
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(protect=args["protect"])),
        )
        versioning = s3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.id,
            versioning_configuration={"status": "Enabled"},
            opts=inside,
        )
        public_access = s3.BucketPublicAccessBlock(
            f"{name}-public-access",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=inside,
        )
        _encrypt(name, bucket, args["key_arn"], inside)
        s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.id,
            policy=json_text(tls_only(bucket.arn)),
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[public_access])),
        )
        s3.BucketLifecycleConfiguration(
            f"{name}-expiry",
            bucket=bucket.id,
            rules=expire_artifacts(args["names"].artifacts),
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[versioning])),
        )
        self.bucket = bucket.id
        self.arn = bucket.arn
        self.artifact_objects = pulumi.Output.concat(bucket.arn, "/", args["names"].artifacts, "*")
        self.register_outputs(
            {"bucket": self.bucket, "arn": self.arn, "artifactObjects": self.artifact_objects}
        )


def _encrypt(name: str, bucket: s3.Bucket, key_arn: str | None, inside: pulumi.ResourceOptions) -> None:
    by_default: s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgsDict = (
        {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn} if key_arn else {"sse_algorithm": "AES256"}
    )
    s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.id,
        rules=[{"apply_server_side_encryption_by_default": by_default, "bucket_key_enabled": bool(key_arn)}],
        opts=inside,
    )

"""The pipeline's bucket: artifacts that expire, and the release templates that stay."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import s3

from components.kit.json_text import json_text
from components.kit.stack import Stack
from documents import artifact_grants
from documents.actions import Store
from documents.bucket import expire_artifacts, tls_only


@dataclass(frozen=True, kw_only=True)
class ArtifactStoreArgs:
    """What the bucket needs to know."""

    stack: Stack


class ArtifactStore(pulumi.ComponentResource):
    """A versioned bucket that is never public and speaks TLS only.

    Without protection it is emptied when it is destroyed.
    """

    bucket: pulumi.Output[str]
    """Name of the bucket."""
    arn: pulumi.Output[str]
    """ARN of the bucket."""
    artifact_objects: pulumi.Output[str]
    """ARN pattern of the pipeline's artifacts."""
    store: Store
    """The bucket as a pipeline takes it."""

    def __init__(
        self, name: str, args: ArtifactStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the bucket and everything that guards it."""
        super().__init__("delivery:index:ArtifactStore", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        names, release = args.stack.names, args.stack.settings.release
        bucket = s3.Bucket(
            f"{name}-bucket",
            bucket_prefix=names.bucket_prefix,
            force_destroy=not release.protect,
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(protect=release.protect)),
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
        _encrypt(name, bucket, release.artifact_key_arn, inside)
        s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.id,
            policy=json_text(tls_only(bucket.arn)),
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[public_access])),
        )
        s3.BucketLifecycleConfiguration(
            f"{name}-expiry",
            bucket=bucket.id,
            rules=expire_artifacts(names.artifacts),
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[versioning])),
        )
        self.bucket = bucket.id
        self.arn = bucket.arn
        self.artifact_objects = pulumi.Output.concat(bucket.arn, "/", names.artifacts, "*")
        self.store = Store(
            bucket=self.bucket,
            key_arn=release.artifact_key_arn,
            needs=[
                *artifact_grants.pipeline_artifacts(self.arn, self.artifact_objects),
                *([artifact_grants.use_key(release.artifact_key_arn)] if release.artifact_key_arn else []),
            ],
        )
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

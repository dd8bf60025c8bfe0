"""The statements that artifacts and release templates need, and the customer key they may be under."""

from typing import Any

from documents.policy import Statement, allow


def build_artifacts(bucket: Any, objects: Any) -> list[Statement]:
    """Read a build's input artifact and write its output (CodeBuild User Guide, setting-up-service-role)."""
    return [
        allow("s3:GetBucketAcl", "s3:GetBucketLocation", on=bucket),
        allow("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", on=objects),
    ]


def read_templates(bucket: Any, objects: Any, prefix: str) -> list[Statement]:
    """List and read the release templates."""
    return [
        allow("s3:ListBucket", on=bucket, when={"StringLike": {"s3:prefix": [f"{prefix}/*"]}}),
        allow("s3:GetObject", on=objects),
    ]


def pipeline_artifacts(bucket: Any, objects: Any) -> list[Statement]:
    """A pipeline's own use of its bucket (CodePipeline User Guide, how-to-custom-role)."""
    return [
        allow("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning", on=bucket),
        allow(
            "s3:GetObject",
            "s3:GetObjectTagging",
            "s3:GetObjectVersion",
            "s3:GetObjectVersionTagging",
            "s3:PutObject",
            "s3:PutObjectAcl",
            "s3:PutObjectTagging",
            on=objects,
        ),
    ]


def use_key(key: str) -> Statement:
    """Encrypt and decrypt artifacts with a customer key (CodePipeline User Guide, S3-artifact-encryption)."""
    return allow(
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        on=key,
    )


def read_with_key(key: str) -> Statement:
    """Decrypt artifacts."""
    return allow("kms:Decrypt", on=key)

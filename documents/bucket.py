"""What guards the artifact bucket: its policy and its expiry."""

from typing import Any

ARTIFACT_DAYS = 90
"""Days an artifact stays: as long as a stage can sensibly be rolled back to the execution that made it."""

OLD_VERSION_DAYS = 30


def tls_only(bucket_arn: Any) -> dict[str, Any]:
    """Bucket policy that refuses plain HTTP (Amazon S3 User Guide, security-best-practices)."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": _bucket_and_objects(bucket_arn),
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _bucket_and_objects(bucket_arn: Any) -> Any:
    if isinstance(bucket_arn, str):
        return [bucket_arn, f"{bucket_arn}/*"]
    return bucket_arn.apply(_bucket_and_objects)


def expire_artifacts(prefix: str) -> list[Any]:
    """Lifecycle rules (Amazon S3 User Guide, lifecycle-configuration-examples): artifacts go, templates stay.

    Templates of earlier versions must stay: an execution that waits for its stage still names the one it began with.
    """
    return [
        {
            "id": "artifacts",
            "status": "Enabled",
            "filter": {"prefix": prefix},
            "expiration": {"days": ARTIFACT_DAYS},
        },
        {
            "id": "old-versions",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "noncurrent_version_expiration": {"noncurrent_days": OLD_VERSION_DAYS},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        },
    ]

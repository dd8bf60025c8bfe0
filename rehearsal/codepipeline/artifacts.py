"""The pipeline's artifact store: zips in the declared bucket, put and read by the roles that do so in AWS."""

import secrets
import string
from dataclasses import dataclass
from typing import Any

from rehearsal.codepipeline.execution import ArtifactLocation
from rehearsal.identity.authority import Credentials
from rehearsal.world.cloud import Cloud

_NAME_LENGTH = 20
_ARTIFACT_LENGTH = 10
_RANDOM = string.ascii_letters + string.digits


@dataclass(frozen=True)
class ArtifactStore:
    """One declared `artifactStores` entry of one pipeline."""

    cloud: Cloud
    pipeline: str
    bucket: str
    key_id: str | None = None
    """`encryptionKey.id`; None leaves encryption to the bucket, where AWS would take the key `aws/s3`."""

    def place(self, name: str, revision: str | None = None) -> ArtifactLocation:
        """Where an artifact of this name will lie."""
        return ArtifactLocation(self.bucket, artifact_key(self.pipeline, name), None, revision)

    def put(
        self,
        name: str,
        data: bytes,
        credentials: Credentials,
        *,
        key_id: str | None = None,
        revision: str | None = None,
    ) -> ArtifactLocation:
        """Store a zip as whoever holds the credentials; botocore's ClientError when that is refused."""
        key = artifact_key(self.pipeline, name)
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
        answer: dict[str, Any] = self.cloud.client("s3", credentials).put_object(
            Bucket=self.bucket, Key=key, Body=data, **encryption
        )
        return ArtifactLocation(self.bucket, key, answer.get("VersionId"), revision)

    def get(self, location: ArtifactLocation, credentials: Credentials) -> bytes:
        """Read a zip as whoever holds the credentials; botocore's ClientError when that is refused."""
        version = {"VersionId": location.version_id} if location.version_id else {}
        s3 = self.cloud.client("s3", credentials)
        return s3.get_object(Bucket=location.bucket, Key=location.key, **version)["Body"].read()


def artifact_key(pipeline: str, artifact: str) -> str:
    """A new key for one artifact of one execution.

    It begins with only the first 20 characters of the pipeline's name, so a policy on `bucket/<full name>/*`
    breaks for longer names (GitHub awsdocs/aws-cloudformation-user-guide#733). The rest of the shape is what
    AWS's buckets show, not documented.
    """
    tail = "".join(secrets.choice(_RANDOM) for _ in range(7))
    return f"{pipeline[:_NAME_LENGTH]}/{artifact[:_ARTIFACT_LENGTH]}/{tail}"

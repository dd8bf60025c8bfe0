"""The ECR source action.

AWS documents: codepipeline/latest/userguide/action-reference-ECR.md (configuration, variables, role) and
file-reference.md ("imageDetail.json file for Amazon ECS blue/green deployment actions").
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.codepipeline.execution import ActionCall, ActionFailed
from rehearsal.world import said
from rehearsal.world.cloud import Cloud
from rehearsal.world.zips import zipped

_MISSING = ("ImageNotFoundException", "RepositoryNotFoundException")


@dataclass(frozen=True)
class EcrSource:
    """Provider `ECR`: finds the image and hands on where it is, by digest."""

    cloud: Cloud

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Resolve the override's digest, or the tag as it stands now; ActionFailed if missing.

        `ImageTag` is not output when the source revision is overridden.
        """
        repository = call.configuration["RepositoryName"]
        tag = call.configuration.get("ImageTag") or "latest"
        override = call.source_revision
        wanted = {"imageDigest": override.revision_value} if override else {"imageTag": tag}
        image = self._describe(call, repository, wanted)
        uri = f"{self.cloud.place.registry}/{repository}@{image['imageDigest']}"
        (output,) = call.outputs
        digest = str(image["imageDigest"])
        call.put_artifact(
            output, zipped({"imageDetail.json": image_detail(image, uri).encode()}), revision=digest
        )
        found = {
            "RegistryId": str(image["registryId"]),
            "RepositoryName": repository,
            "ImageDigest": digest,
            # AWS's example shows the variable by tag, the file by digest; which it is in truth is not documented.
            "ImageURI": uri,
        }
        return found if override else {**found, "ImageTag": tag}

    def _describe(self, call: ActionCall, repository: str, wanted: Mapping[str, str]) -> dict[str, Any]:
        ecr = self.cloud.client("ecr", call.credentials)
        try:
            return ecr.describe_images(repositoryName=repository, imageIds=[dict(wanted)])["imageDetails"][0]
        except ClientError as error:
            if said.code(error) not in _MISSING:
                raise
            # AWS's own words for this are not documented; these are the rehearsal's.
            name = next(iter(wanted.values()))
            raise ActionFailed(
                "ConfigurationError",
                f"The image {name} was not found in repository {repository}: {said.message(error)}",
            ) from error


def image_detail(image: Mapping[str, Any], uri: str) -> str:
    """The text of imageDetail.json for an image as ecr:DescribeImages answers it."""
    pushed = image.get("imagePushedAt")
    if not isinstance(pushed, datetime):
        pushed = datetime.fromtimestamp(float(pushed or 0), UTC)
    return json.dumps(
        {
            "ImageSizeInBytes": str(image.get("imageSizeInBytes", 0)),
            "ImageDigest": image["imageDigest"],
            "Version": "1.0",
            "ImagePushedAt": f"{pushed.astimezone(UTC):%a %b %d %H:%M:%S UTC %Y}",
            "RegistryId": image["registryId"],
            "RepositoryName": image["repositoryName"],
            "ImageURI": uri,
            "ImageTags": list(image.get("imageTags", [])),
        }
    )

"""What the release function looks at before anything is migrated, by hand: boto3 loaded, an image, a template and a secret read.

    python -m benchmarks.bare.look

Loads first, as an execution environment does that is made ahead; then waits for a digest on its standard input and asks.
"""

import json
import os
import sys
import urllib.request

from benchmarks.bare.prepare import BUCKET, REPOSITORY
from release.aws import Aws

SERVICES = ("codebuild", "codedeploy", "codepipeline", "cloudwatch", "ecr", "s3", "secretsmanager", "ssm")
"""What the function makes a client for."""


def main() -> None:
    """Read the platform of an image, and the task definition's template."""
    aws = Aws()
    aws.ready(*SERVICES)
    ecr, s3 = aws.client("ecr"), aws.client("s3")
    digest = sys.stdin.readline().strip()
    image = {"repositoryName": REPOSITORY, "imageIds": [{"imageDigest": digest}]}
    newest = ecr.describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": "stg"}])["imageDetails"]
    manifest = json.loads(ecr.batch_get_image(**image)["images"][0]["imageManifest"])
    blob = f"{os.environ['AWS_ENDPOINT_URL']}/v2/{REPOSITORY}/blobs/{manifest['config']['digest']}"
    with urllib.request.urlopen(blob, timeout=10) as answer:
        platform = json.loads(answer.read())
    template = json.loads(s3.get_object(Bucket=BUCKET, Key="templates/taskdef-web.json")["Body"].read())
    if newest[0]["imageDigest"] != digest or not platform["architecture"] or not template["family"]:
        sys.exit("the image is not as it was pushed")


if __name__ == "__main__":
    main()

"""What must be in an account before a build can run, and the push: the least of it, in one process.

    python -m benchmarks.bare.prepare ENDPOINT [--push]

Makes the repository, the bucket and the two templates; with --push packs the sample application and pushes it by the registry
protocol. Prints the image's digest, or nothing.
"""

import json
import sys
from typing import Any

from rehearsal.host.project import ROOT
from rehearsal.identity.authority import Authority
from rehearsal.images.image import pack
from rehearsal.images.registry import Registry, ecr_token
from rehearsal.plays.versions import V1
from rehearsal.world.cloud import Cloud
from rehearsal.world.journal import Journal

REPOSITORY, BUCKET = "shop", "artifacts"
TASK_DEFINITION: dict[str, Any] = {
    "family": "shop",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "<IMAGE1_NAME>", "essential": True}],
}


def main() -> None:
    """Prepare and push."""
    cloud = Cloud(sys.argv[1], Authority(), Journal(), ROOT)
    ecr, s3 = cloud.client("ecr"), cloud.client("s3")
    ecr.create_repository(repositoryName=REPOSITORY)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="templates/taskdef-web.json", Body=json.dumps(TASK_DEFINITION).encode())
    s3.put_object(Bucket=BUCKET, Key="templates/appspec-web.yaml", Body=b"version: 0.0\n")
    if "--push" in sys.argv:
        image = pack(V1.folder, overlays=V1.overlays)
        print(Registry(cloud.endpoint, lambda: ecr_token(ecr)).push(image, REPOSITORY, ["v1", "stg"]))


if __name__ == "__main__":
    main()

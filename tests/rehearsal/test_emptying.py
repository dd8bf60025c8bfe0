"""The commands of docs/operations.md that empty a repository and deregister revisions, run as they stand there by the real AWS CLI."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from rehearsal.host.project import ROOT
from rehearsal.running.endpoint import empty_cloud
from rehearsal.world.cloud import Cloud

IMAGES = 500
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Generator[Cloud]:
    with empty_cloud(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.fixture(scope="module")
def full(cloud: Cloud) -> Cloud:
    """A repository `shop`: 500 images with two tags each or none, the first 250 children of 125 indexes pushed last."""
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName="shop")
    digests = [put(cloud, {"schemaVersion": 2, "number": i}, MANIFEST) for i in range(IMAGES)]
    for i in range(300, 320):
        put(cloud, {"schemaVersion": 2, "number": i}, MANIFEST, f"v{i}", f"released-{i}")
    for i in range(0, 250, 2):
        children = [{"mediaType": MANIFEST, "digest": digest, "size": 40} for digest in digests[i : i + 2]]
        put(cloud, {"schemaVersion": 2, "mediaType": INDEX, "manifests": children}, INDEX, f"index-{i}")
    return cloud


def put(cloud: Cloud, document: object, media_type: str, *tags: str) -> str:
    text = json.dumps(document)
    for tag in tags or (None,):
        named = {"imageTag": tag} if tag else {}
        cloud.client("ecr").put_image(
            repositoryName="shop", imageManifest=text, imageManifestMediaType=media_type, **named
        )
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def documented(mark: str) -> str:
    """The shell commands between two marks of the document."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```\n<!-- /{mark} -->", text, re.DOTALL)
    assert found, f"docs/operations.md has no block {mark}"
    return found[1]


def run(cloud: Cloud, script: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": cloud.place.region,
        "AWS_PAGER": "",
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607  (the reader's own)
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_ecr_takes_a_hundred_images_at_a_time_and_an_indexs_children_after_it(full: Cloud) -> None:
    """Amazon ECR API Reference, BatchDeleteImage: `imageIds`, and ImageFailure: ImageReferencedByManifestList."""
    ecr = full.client("ecr")
    details = ecr.describe_images(repositoryName="shop")["imageDetails"]
    assert len(details) == IMAGES + 125
    with pytest.raises(ClientError, match="less than or equal to 100"):
        ecr.batch_delete_image(
            repositoryName="shop", imageIds=[{"imageDigest": one["imageDigest"]} for one in details[:101]]
        )
    child = {"imageDigest": details[0]["imageDigest"]}
    [failure] = ecr.batch_delete_image(repositoryName="shop", imageIds=[child])["failures"]
    assert (failure["failureCode"], failure["imageId"]) == ("ImageReferencedByManifestList", child)
    assert len(ecr.describe_images(repositoryName="shop")["imageDetails"]) == len(details)


def test_the_documented_commands_empty_it(full: Cloud, tmp_path: Path) -> None:
    done = run(full, documented("empty"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert full.client("ecr").describe_images(repositoryName="shop")["imageDetails"] == []
    assert "deletes none" not in done.stdout
    full.client("ecr").delete_repository(repositoryName="shop")


def test_the_documented_commands_deregister_what_releases_registered(cloud: Cloud, tmp_path: Path) -> None:
    ecs = cloud.client("ecs")
    for family in ("shop-stg-web", "shop-stg-web", "shop-prd-web"):
        ecs.register_task_definition(family=family, containerDefinitions=[{"name": "app", "image": "i"}])
    done = run(cloud, documented("revisions"), tmp_path)
    assert done.returncode == 0, done.stderr
    left = ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
    assert [arn.rpartition("/")[2] for arn in left] == ["shop-prd-web:1"], "no other family's"
    assert run(cloud, documented("revisions"), tmp_path).returncode == 0, "and again, when nothing is left"

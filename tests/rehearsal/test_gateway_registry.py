"""The registry behind the gateway as its callers meet it: raw requests, pushes, pulls, tags that may not move."""

import base64
import contextlib
import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.ecr.registry_rules import Push
from tests.rehearsal.gateway_world import (
    ACCOUNT,
    ADMINISTRATOR,
    REGION,
    SESSION,
    Local,
    code_and_text,
    digest_of,
    implicit,
    repository_arn,
    running_gateway,
)


@pytest.fixture(scope="module")
def running() -> Iterator[Local]:
    with running_gateway() as local:
        yield local


@pytest.fixture
def local(running: Local) -> Local:
    return running.cleared()


@pytest.fixture
def repository(local: Local) -> str:
    name = f"app/{uuid.uuid4().hex[:8]}"
    local.admin("ecr").create_repository(
        repositoryName=name,
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "stg*"}],
    )
    return name


def test_the_registry_asks_for_a_login(local: Local) -> None:
    for password in (None, "made-up"):
        status, headers, _ = local.registry("GET", "/v2/", password)
        assert (status, headers["www-authenticate"].partition(" ")[0]) == (401, "Basic"), (
            "what docker login needs"
        )
    password = local.password(ADMINISTRATOR)
    assert local.registry("GET", "/v2/", password)[0] == 200
    somebody = "Basic " + base64.b64encode(f"somebody:{password}".encode()).decode()
    assert local.registry("GET", "/v2/", None, Authorization=somebody)[0] == 401, "the user name is AWS"


def test_a_token_needs_its_own_permission(local: Local) -> None:
    with pytest.raises(ClientError) as refused:
        local.client("ecr").get_authorization_token()
    assert code_and_text(refused) == ("AccessDeniedException", implicit("ecr:GetAuthorizationToken", "*"))


PUSH = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
]
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def test_a_push_by_an_allowed_role_is_announced_once(local: Local, repository: str) -> None:
    local.allow(("ecr:GetAuthorizationToken", "*"), (PUSH, repository_arn(repository)))
    password = local.password()
    status, digest, body = local.push(repository, "stg", b"one", password)
    assert status == 201, body
    assert local.pushes.get(timeout=2) == Push(repository, "stg", digest, ACCOUNT, REGION)
    local.push(repository, "stg", b"one", password)
    assert local.no_push(), "the same image under the same tag is no change"
    status, second, _ = local.push(repository, "stg", b"two", password)
    assert local.pushes.get(timeout=2).digest == second != digest
    assert local.no_push(), "one push, one event"


def test_a_push_without_the_permission_is_denied_in_the_words_docker_shows(
    local: Local, repository: str
) -> None:
    local.allow(("ecr:GetAuthorizationToken", "*"), (PULL, repository_arn(repository)))
    status, _, body = local.push(repository, "stg", b"one", local.password())
    error = json.loads(body)["errors"][0]
    assert status == 403
    assert error == {
        "code": "DENIED",
        "message": implicit("ecr:InitiateLayerUpload", repository_arn(repository)),
    }
    assert local.no_push()


def test_a_pull_needs_its_permissions(local: Local, repository: str) -> None:
    _, digest, _ = local.push(repository, "stg", b"one", local.password(ADMINISTRATOR))
    local.allow(("ecr:GetAuthorizationToken", "*"))
    password = local.password()
    manifest, layer = f"/v2/{repository}/manifests/{digest}", f"/v2/{repository}/blobs/{digest_of(b'one')}"
    assert local.registry("GET", manifest, None)[0] == 401
    assert local.registry("GET", manifest, password)[0] == 403
    local.allow((PULL, repository_arn(repository)))
    assert digest_of(local.registry("GET", manifest, password)[2]) == digest
    assert local.registry("GET", layer, password)[2] == b"one"


def test_a_push_under_a_digest_alone_is_not_announced(local: Local, repository: str) -> None:
    password = local.password(ADMINISTRATOR)
    manifest = b'{"schemaVersion": 2}'
    assert (
        local.registry("PUT", f"/v2/{repository}/manifests/{digest_of(manifest)}", password, manifest)[0]
        == 201
    )
    assert local.no_push()


@pytest.mark.parametrize(("tag", "status"), [("stg-2", 201), ("v1.0.0", 400)])
def test_only_an_excluded_tag_may_move(local: Local, repository: str, tag: str, status: int) -> None:
    """image-tag-mutability.md: IMMUTABLE_WITH_EXCLUSION with the filter stg*."""
    password = local.password(ADMINISTRATOR)
    assert local.push(repository, tag, b"one", password)[0] == 201
    moved, _, body = local.push(repository, tag, b"two", password)
    assert moved == status
    if status == 400:
        error = json.loads(body)["errors"][0]
        assert error["code"] == "TAG_INVALID"
        assert error["message"].startswith(
            f"The image tag '{tag}' already exists in the '{repository}' repository"
        )
        assert local.push(repository, tag, b"one", password)[0] == 201, "the same image is no overwriting"
    local.admin("ecr").put_image_tag_mutability(repositoryName=repository, imageTagMutability="MUTABLE")
    assert local.push(repository, tag, b"three", password)[0] == 201, "the rule is what refused"


def test_a_repository_shows_which_tags_may_move(local: Local, repository: str) -> None:
    """AmazonECR/latest/APIReference/API_Repository.md."""
    ecr = local.admin("ecr")
    (shown,) = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    assert shown["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert shown["imageTagMutabilityExclusionFilters"] == [{"filterType": "WILDCARD", "filter": "stg*"}]
    ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="MUTABLE")
    (shown,) = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    assert shown["imageTagMutability"] == "MUTABLE"
    assert "imageTagMutabilityExclusionFilters" not in shown


def test_another_tag_put_on_an_image_through_the_api_is_a_push(local: Local, repository: str) -> None:
    _, digest, _ = local.push(repository, "v1", b"one", local.password(ADMINISTRATOR))
    local.push(repository, "v2", b"two", local.password(ADMINISTRATOR))
    ecr = local.admin("ecr")
    wanted = [{"imageTag": "v1"}]
    manifest = ecr.batch_get_image(repositoryName=repository, imageIds=wanted)["images"][0]["imageManifest"]
    assert [local.pushes.get(timeout=2).tag for _ in "12"] == ["v1", "v2"]
    ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag="stg")
    assert local.pushes.get(timeout=2) == Push(repository, "stg", digest, ACCOUNT, REGION)
    for tag, code in (("stg", "ImageAlreadyExistsException"), ("v2", "ImageTagAlreadyExistsException")):
        with pytest.raises(ClientError) as refused:
            ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag)
        assert code_and_text(refused)[0] == code, "API_PutImage.md"
    assert local.no_push()


def test_a_missing_tag_is_not_found(local: Local, repository: str) -> None:
    with pytest.raises(ClientError) as missing:
        local.admin("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": "stg"}])
    assert code_and_text(missing)[0] == "ImageNotFoundException", "the emulator would answer with no image"
    status, _, body = local.registry("GET", f"/v2/{repository}/manifests/stg", local.password(ADMINISTRATOR))
    assert (status, json.loads(body)["errors"][0]["message"]) == (404, "Requested image not found")


def test_a_layer_is_never_mounted_from_another_repository(local: Local, repository: str) -> None:
    admin = local.password(ADMINISTRATOR)
    local.push(repository, "stg", b"private", admin)
    other = f"{repository}-other"
    local.admin("ecr").create_repository(repositoryName=other)
    where = f"/v2/{other}/blobs/uploads/?mount={digest_of(b'private')}&from={repository}"
    assert local.registry("POST", where, admin)[0] == 202, "an upload begins; 201 would be a mount"
    assert local.registry("HEAD", f"/v2/{other}/blobs/{digest_of(b'private')}", admin)[0] == 404


def test_a_slow_handler_of_pushes_holds_nobody_up(local: Local, repository: str) -> None:
    entered, leave, over = threading.Event(), threading.Event(), threading.Event()

    def slow(_: Push) -> None:
        entered.set()
        leave.wait(3)
        over.set()

    held: Any = local.gateway._services["ecr"]  # pyright: ignore[reportPrivateUsage]
    before, held._on_push = held._on_push, slow
    try:
        assert local.push(repository, "stg", b"one", local.password(ADMINISTRATOR))[0] == 201
        assert entered.wait(2)
        local.admin("ecr").describe_images(repositoryName=repository)
        assert not over.is_set(), "both were answered while the handler was still at work"
    finally:
        held._on_push = before
        leave.set()


def test_a_layers_address_can_be_read_by_whoever_has_it_and_by_nobody_who_guesses(
    local: Local, repository: str
) -> None:
    """API_GetDownloadUrlForLayer.md."""
    local.push(repository, "stg-1", b"layer", local.password(ADMINISTRATOR))
    local.allow(("ecr:GetDownloadUrlForLayer", repository_arn(repository)))
    ecr, asked = local.client("ecr"), {"repositoryName": repository, "layerDigest": digest_of(b"layer")}
    answer = ecr.get_download_url_for_layer(**asked)
    assert answer["layerDigest"] == asked["layerDigest"]
    path = answer["downloadUrl"].removeprefix(local.gateway.endpoint)
    assert local.registry("GET", path, None)[::2] == (200, b"layer"), "the address itself is the permission"
    assert local.registry("PUT", path, None, b"other")[0] == 403, "to read, not to write"
    assert local.registry("GET", f"{path}x", None)[0] == 403
    with pytest.raises(ClientError) as absent:
        ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=digest_of(b"another"))
    assert code_and_text(absent)[0] == "LayersNotFoundException"
    local.allow()
    with pytest.raises(ClientError) as denied:
        ecr.get_download_url_for_layer(**asked)
    assert "ecr:GetDownloadUrlForLayer" in code_and_text(denied)[1]


OTHER = "210987654321"
NAMES = {"repositoryName": "app/web", "registryId": OTHER}
IN_ANOTHER_REGISTRY = {
    "describe_repositories": {"registryId": OTHER, "repositoryNames": ["app/web"]},
    "describe_images": {**NAMES, "imageIds": [{"imageTag": "stg"}]},
    "list_images": NAMES,
    "batch_get_image": {**NAMES, "imageIds": [{"imageTag": "stg"}]},
    "batch_check_layer_availability": {**NAMES, "layerDigests": ["sha256:1"]},
    "get_download_url_for_layer": {**NAMES, "layerDigest": "sha256:1"},
    "put_image": {**NAMES, "imageManifest": "{}", "imageTag": "stg"},
    "batch_delete_image": {**NAMES, "imageIds": [{"imageTag": "stg"}]},
    "get_lifecycle_policy": NAMES,
    "put_image_tag_mutability": {**NAMES, "imageTagMutability": "MUTABLE"},
    "delete_repository": NAMES,
    "create_repository": NAMES,
    "list_tags_for_resource": {"resourceArn": f"arn:aws:ecr:{REGION}:{OTHER}:repository/app/web"},
}


@pytest.mark.parametrize("call", IN_ANOTHER_REGISTRY)
def test_a_registry_of_another_account_lets_nobody_in(local: Local, call: str) -> None:
    """AmazonECR/latest/userguide/repository-policies.md: its repositories' own policies would have to."""
    with contextlib.suppress(ClientError):  # a namesake here, which must not answer for the other
        local.admin("ecr").create_repository(repositoryName="app/web")
    action = "ecr:" + "".join(part.title() for part in call.split("_"))
    theirs = f"arn:aws:ecr:{REGION}:{OTHER}:repository/app/web"
    reason = f"because no resource-based policy allows the {action} action"
    local.allow((action, theirs))
    for who, named in ((ADMINISTRATOR, f"arn:aws:iam::{ACCOUNT}:root"), (None, SESSION)):
        with pytest.raises(ClientError) as refused:
            getattr(local.client("ecr", who), call)(**IN_ANOTHER_REGISTRY[call])
        text = f"User: {named} is not authorized to perform: {action} on resource: {theirs} {reason}"
        assert code_and_text(refused) == ("AccessDeniedException", text)
    local.allow((action, repository_arn("app/web")))
    with pytest.raises(ClientError) as refused:
        getattr(local.client("ecr"), call)(**IN_ANOTHER_REGISTRY[call])
    assert code_and_text(refused) == ("AccessDeniedException", implicit(action, theirs))
    assert local.admin("ecr").describe_repositories(repositoryNames=["app/web"])["repositories"], "untouched"


def test_a_registry_s_id_is_an_account(local: Local, repository: str) -> None:
    """API_DescribeImages.md, `registryId`; one's own may be named."""
    images = local.admin("ecr").describe_images
    assert images(repositoryName=repository, registryId=ACCOUNT)["imageDetails"] == []
    with pytest.raises(ClientError) as refused:
        images(repositoryName=repository, registryId="1234")
    assert code_and_text(refused)[0] == "InvalidParameterException"


def test_a_token_is_for_every_registry_that_is_asked_for(local: Local) -> None:
    """API_GetAuthorizationToken.md, `registryIds`: the token enters whatever its owner may enter."""
    told = local.admin("ecr").get_authorization_token(registryIds=[ACCOUNT, OTHER])["authorizationData"]
    hosts = [one["proxyEndpoint"] for one in told]
    assert hosts == [f"https://{one}.dkr.ecr.{REGION}.amazonaws.com" for one in (ACCOUNT, OTHER)]

"""The client's side of the registry protocol (opencontainers/distribution-spec, spec.md)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.images import image
from rehearsal.images.registry import Registry, RegistryError, ecr_token
from tests.rehearsal.fake_registry import TOKEN, FakeRegistry, serving
from tests.rehearsal.test_image import build_folder


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with serving() as registry:
        yield registry


def client(server: FakeRegistry, token: str | None = TOKEN) -> Registry:
    return Registry(server.address, lambda: token)


def test_a_push_sends_the_parts_before_the_manifest_and_every_tag(
    server: FakeRegistry, tmp_path: Path
) -> None:
    packed = image.pack(build_folder(tmp_path))
    digest = client(server).push(packed, "shop/web", ["abc123", "stg"])
    assert digest == packed.digest
    assert set(server.blobs) == {blob.digest for blob in packed.blobs}
    puts = [path for method, path in server.asked if method == "PUT" and "manifests" in path]
    assert puts == ["/v2/shop/web/manifests/abc123", "/v2/shop/web/manifests/stg"], (
        "the stack's tag comes last"
    )
    assert server.asked[-1] == ("PUT", puts[-1]), "what the tag names must be there before the tag"


def test_a_second_push_uploads_nothing_that_is_there(server: FakeRegistry, tmp_path: Path) -> None:
    packed = image.pack(build_folder(tmp_path))
    client(server).push(packed, "web", ["one"])
    server.asked.clear()
    client(server).push(packed, "web", ["two"])
    assert not [path for method, path in server.asked if method == "POST"]


def test_an_index_is_pushed_after_its_images(server: FakeRegistry, tmp_path: Path) -> None:
    folder = build_folder(tmp_path)
    images = {name: image.pack(folder, architecture=name) for name in ("amd64", "arm64")}
    digest = client(server).push(image.index(images), "web", ["stg"])
    puts = [
        path.rpartition("/")[2] for method, path in server.asked if method == "PUT" and "manifests" in path
    ]
    assert puts == [images["amd64"].digest, images["arm64"].digest, "stg"]
    kind, _ = client(server).manifest("web", digest)
    assert kind == image.INDEX


def test_what_was_pushed_can_be_pulled_by_digest(server: FakeRegistry, tmp_path: Path) -> None:
    packed = image.pack(build_folder(tmp_path))
    client(server).push(packed, "web", ["stg"])
    assert client(server).manifest("web", packed.digest) == (image.MANIFEST, packed.manifest.content)
    assert client(server).blob("web", packed.blobs[1].digest) == packed.blobs[1].content


def test_a_refusal_keeps_the_registrys_own_words(server: FakeRegistry) -> None:
    with pytest.raises(RegistryError) as missing:
        client(server).manifest("web", "stg")
    assert (missing.value.status, missing.value.code) == (404, "MANIFEST_UNKNOWN")
    with pytest.raises(RegistryError) as unknown:
        client(server, token=None).check()
    assert (unknown.value.status, unknown.value.message) == (401, "Not Authorized")


def test_a_registry_that_is_gone_is_named(server: FakeRegistry) -> None:
    address = server.address
    server.server_close()
    with pytest.raises(RegistryError, match=f"the registry at {address} does not answer"):
        Registry(address, lambda: TOKEN).check()


def test_the_token_is_the_one_that_ecr_gives() -> None:
    class Client:
        def get_authorization_token(self) -> dict[str, list[dict[str, str]]]:
            return {"authorizationData": [{"authorizationToken": TOKEN}]}

    assert ecr_token(Client()) == TOKEN, "it is AWS:password in base64 already (API_AuthorizationData.md)"


def test_the_gateway_takes_a_push_and_tells_of_each_tag(tmp_path: Path) -> None:
    """The same client against the rehearsal's own registry, with a token as boto3 gets it."""
    import queue

    from rehearsal.ecr.registry_rules import Push
    from rehearsal.host.processes import Processes
    from rehearsal.identity.authority import Authority
    from rehearsal.levels.process.runtime import ProcessRuntime
    from rehearsal.levels.runtime import ContainerSpec
    from rehearsal.running.endpoint import local_endpoint
    from rehearsal.world.cloud import Cloud
    from rehearsal.world.journal import Journal

    pushes: queue.Queue[Push] = queue.Queue()
    authority = Authority()
    with local_endpoint(authority, pushes.put) as gateway, Processes() as processes:
        cloud = Cloud(gateway.endpoint, authority, Journal(), tmp_path)
        ecr = cloud.client("ecr")
        ecr.create_repository(repositoryName="web")
        packed = image.pack(
            build_folder(tmp_path / "app", "FROM python\nCOPY app.py /\nCMD python /app.py\n")
        )
        digest = Registry(cloud.endpoint, lambda: ecr_token(ecr)).push(packed, "web", ["abc", "stg"])
        assert {pushes.get(timeout=5).tag for _ in range(2)} == {"abc", "stg"}
        (stored,) = ecr.describe_images(repositoryName="web")["imageDetails"]
        assert (stored["imageDigest"], sorted(stored["imageTags"])) == (digest, ["abc", "stg"])
        runtime = ProcessRuntime.of(cloud, processes, architecture="amd64")
        spec = ContainerSpec("web", f"{cloud.place.registry}/web@{digest}", command=["python", "/app.py"])
        task = runtime.run_task("task", [spec], "256", "512")
        deadline = time.monotonic() + 10
        while task.exit_code() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert (task.exit_code(), task.log_tail()) == (0, ["one"])

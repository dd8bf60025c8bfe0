"""A function's code comes as Pulumi's archives and leaves as one zip (lambda/latest/dg/gettingstarted-limits.md)."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from rehearsal.evaluation.program import plain
from rehearsal.lambda_ import package
from rehearsal.lambda_.package import PackageRefused, packed
from rehearsal.world.zips import unzipped, zipped


def files(archive: pulumi.Archive, base: Path) -> dict[str, bytes]:
    return unzipped(packed(plain(archive), base))


def test_a_package_is_made_of_texts_files_folders_and_zips(tmp_path: Path) -> None:
    folder = tmp_path / "library" / "deep"
    folder.mkdir(parents=True)
    (folder / "two.py").write_text("2")
    (tmp_path / "one.py").write_text("1")
    (tmp_path / "bundle.zip").write_bytes(zipped({"three.py": b"3"}))
    archive = pulumi.AssetArchive(
        {
            "app.py": pulumi.StringAsset("def handler(event, context): ..."),
            "one.py": pulumi.FileAsset("one.py"),
            "lib": pulumi.FileArchive("library"),
            "more/": pulumi.AssetArchive({"b": pulumi.FileArchive("bundle.zip")}),
        }
    )
    assert files(archive, tmp_path) == {
        "app.py": b"def handler(event, context): ...",
        "one.py": b"1",
        "lib/deep/two.py": b"2",
        "more/b/three.py": b"3",
    }
    assert files(pulumi.FileArchive(str(folder)), Path("/elsewhere")) == {"two.py": b"2"}, "an absolute path"


def test_the_same_files_are_the_same_package_in_whatever_order_they_are_named() -> None:
    texts: dict[str, pulumi.Asset | pulumi.Archive] = {
        name: pulumi.StringAsset(name) for name in ("a.py", "b.py")
    }
    one = packed(plain(pulumi.AssetArchive(texts)), Path())
    other = packed(plain(pulumi.AssetArchive(dict(reversed(texts.items())))), Path())
    assert one == other, "otherwise every update would bring new code"


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (None, "is a Pulumi archive"),
        ("app.zip", "is a Pulumi archive"),
        (plain(pulumi.AssetArchive({})), "holds no file"),
        (plain(pulumi.FileArchive("absent.zip")), "absent.zip cannot be read"),
        (plain(pulumi.FileArchive("code.tar.gz")), "neither a folder nor a zip"),
        (plain(pulumi.RemoteArchive("https://example.com/a.zip")), "https://example.com/a.zip is not here"),
        (plain(pulumi.AssetArchive({"a": pulumi.FileAsset("absent")})), "a cannot be read"),
        (plain(pulumi.AssetArchive({"a": pulumi.RemoteAsset("https://example.com/a")})), "a is at https"),
        (plain(pulumi.AssetArchive({"../a": pulumi.StringAsset("x")})), "lies outside the package"),
        (plain(pulumi.AssetArchive({"/a": pulumi.StringAsset("x")})), "lies outside the package"),
    ],
)
def test_what_is_no_package_is_refused_with_the_reason(archive: Any, reason: str, tmp_path: Path) -> None:
    with pytest.raises(PackageRefused, match=reason):
        packed(archive, tmp_path)


def test_a_file_that_only_calls_itself_a_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "code.zip").write_text("no zip")
    with pytest.raises(PackageRefused, match=r"code.zip is no zip"):
        files(pulumi.FileArchive("code.zip"), tmp_path)


def test_a_package_over_lambdas_size_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    archive = plain(pulumi.AssetArchive({"a": pulumi.StringAsset("x" * 100)}))
    monkeypatch.setattr(package, "LARGEST_UNZIPPED", 99)
    with pytest.raises(PackageRefused, match="Unzipped size must be smaller than 99 bytes"):
        packed(archive, tmp_path)
    monkeypatch.setattr(package, "LARGEST_UNZIPPED", 100)
    monkeypatch.setattr(package, "LARGEST_ZIP", 10)
    with pytest.raises(PackageRefused, match="a call takes 10 at most"):
        packed(archive, tmp_path)

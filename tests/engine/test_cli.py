"""Which CLI runs, and what is said when there is none."""

from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.evaluation.kinds import KINDS
from rehearsal.host.project import ROOT
from rehearsal.pulumi_engine.computed import resource_class
from rehearsal.pulumi_engine.find_cli import VERSION, find_cli, the_cli
from rehearsal.pulumi_engine.lifecycle import UNTAGGED


def program(folder: Path, name: str, says: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    path.chmod(0o755)


def test_without_a_cli_and_without_go_the_error_says_what_would_bring_one_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RehearsalError, match=r"install Pulumi, or Go 1\.25\.6"):
        the_cli(root=tmp_path)


def test_a_go_that_is_too_old_is_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "go", "go version go1.24.2 linux/amd64")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(RehearsalError, match=r"Go older than 1\.25\.6"):
        the_cli(root=tmp_path)


def test_the_users_own_cli_comes_first_unless_it_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    program(tmp_path / "bin", "pulumi", "v3.100.0")
    program(tmp_path / ".tools" / "pulumi" / "bin", "pulumi", f"v{VERSION}")
    built = find_cli(tmp_path)
    assert built is not None
    assert str(built.version) == VERSION, "one that is too old gives way to the one built here"
    program(tmp_path / "bin", "pulumi", "v3.300.1")
    own = find_cli(tmp_path)
    assert own is not None
    assert str(own.version) == "3.300.1"


def test_the_tools_module_builds_the_version_that_is_linked_in() -> None:
    assert f"github.com/pulumi/pulumi/pkg/v3 v{VERSION}" in (ROOT / "tools" / "pulumi" / "go.mod").read_text(
        encoding="utf-8"
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("type_", KINDS)
def test_default_tags_go_to_the_types_that_have_tags(type_: str) -> None:
    assert hasattr(resource_class(type_), "tags_all") == (type_ not in UNTAGGED)

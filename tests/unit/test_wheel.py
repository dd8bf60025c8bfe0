"""The wheel for Pulumi programs of one's own: everything below one name, and nothing that a program has could be hit instead."""

import ast
import zipfile
from pathlib import Path

import pytest

from rehearsal.host.project import ROOT
from tools.wheel import FOLDERS, build_wheel, moved


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    return zipfile.ZipFile(folder / build_wheel(str(folder)))


def _source(wheel: zipfile.ZipFile) -> dict[str, str]:
    return {name: wheel.read(name).decode() for name in wheel.namelist() if name.endswith(".py")}


def test_a_program_sees_one_new_name(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {"image_delivery", "delivery-0.1.0.dist-info"}, "any other name may be the program's own"


def test_no_module_of_the_wheel_imports_what_may_be_the_programs_own(wheel: zipfile.ZipFile) -> None:
    wrong = [
        f"{name}: {module}"
        for name, text in _source(wheel).items()
        for node in ast.walk(ast.parse(text))
        for module in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else []
        )
        if (ROOT / module.partition(".")[0]).is_dir() and module.partition(".")[0] != "image_delivery"
    ]
    assert not wrong, "a program's own settings.py would be imported in the place of ours"


def test_every_import_of_the_package_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    there = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in _source(wheel)}
    missing = [
        f"{name}: {node.module}"
        for name, text in _source(wheel).items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("image_delivery")
        and node.module not in there
    ]
    assert not missing


def test_lines_keep_their_numbers_and_files_their_places(wheel: zipfile.ZipFile) -> None:
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            ours = file.read_text(encoding="utf-8").split("\n")
            theirs = wheel.read(f"image_delivery/{file.relative_to(ROOT).as_posix()}").decode().split("\n")
            differing = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
            assert all(a.lstrip().startswith("from ") for a, _ in differing), "only imports are moved"
    for data in ("buildspecs/migrate.yml", "settings/stack.schema.json"):
        assert wheel.read(f"image_delivery/{data}") == (ROOT / data).read_bytes(), (
            "modules read it beside them"
        )


def test_the_same_source_makes_the_same_wheel(tmp_path: Path) -> None:
    built = [tmp_path / name for name in ("a", "b")]
    for folder in built:
        folder.mkdir()
    a, b = ((folder / build_wheel(str(folder))).read_bytes() for folder in built)
    assert a == b, "an installer compares what it has with what it is given"


def test_the_wheel_asks_for_what_the_program_loads_and_not_for_the_rehearsal(wheel: zipfile.ZipFile) -> None:
    metadata = wheel.read("delivery-0.1.0.dist-info/METADATA").decode()
    asked = {
        line.removeprefix("Requires-Dist: ") for line in metadata.splitlines() if "Requires-Dist" in line
    }
    assert {"pydantic>=2.12,<3", "pulumi-aws>=7.51,<8"} <= asked
    assert not any(one.startswith(("ministack", "pytest")) for one in asked)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("from settings import Settings\n", "from image_delivery.settings import Settings\n"),
        (
            "from documents.arns import (\n    arn,\n)\n",
            "from image_delivery.documents.arns import (\n    arn,\n)\n",
        ),
        (
            "def f():\n    from components.kit import x\n",
            "def f():\n    from image_delivery.components.kit import x\n",
        ),
        ("from settings_of_others import x\n", "from settings_of_others import x\n"),
        ('TEXT = """\nfrom settings import x\n"""\n', 'TEXT = """\nfrom settings import x\n"""\n'),
        (
            "A = '\x0c'  # \u2028\nfrom settings import x\n",
            "A = '\x0c'  # \u2028\nfrom image_delivery.settings import x\n",
        ),
    ],
)
def test_only_imports_of_our_folders_are_moved(ours: str, theirs: str) -> None:
    assert moved(ours) == theirs


@pytest.mark.parametrize(
    "text", ["import settings\n", "import os, documents.arns\n", "import components as c\n"]
)
def test_an_import_that_binds_a_folders_name_is_refused(text: str) -> None:
    with pytest.raises(SyntaxError, match="from … import …"):
        moved(text)

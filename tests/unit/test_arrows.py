import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from rehearsal.host.project import ROOT

LAYERS = (
    ("tools", "benchmarks"),
    ("delivery",),
    ("rehearsal.plays",),
    ("rehearsal.faults",),
    ("rehearsal.running",),
    ("rehearsal.gateway", "rehearsal.pulumi_engine"),
    ("rehearsal.evaluation",),
    ("rehearsal.eventbridge",),
    ("rehearsal.sns", "rehearsal.emulated", "rehearsal.ecr"),
    ("rehearsal.codepipeline",),
    ("rehearsal.codedeploy",),
    ("rehearsal.ecs",),
    ("rehearsal.cloudwatch",),
    ("rehearsal.elb", "rehearsal.levels"),
    ("rehearsal.codebuild", "rehearsal.lambda_"),
    ("rehearsal.endpoint",),
    ("rehearsal.world",),
    ("rehearsal.identity", "rehearsal.images"),
    ("rehearsal.host",),
    ("rehearsal.errors",),
    ("__main__", "image_delivery"),
    ("components",),
    ("settings", "release"),
    ("documents",),
)
"""Every room of the house, from the top: a room knows those of lower layers only, and none of its own."""

CLOSED = {
    "documents": set[str](),
    "settings": {"documents"},
    "release": {"documents"},
    "components": {"settings", "documents"},
    "__main__": {"components", "settings", "documents"},
    "image_delivery": {"components"},
    "rehearsal.gateway": {
        "rehearsal.endpoint",
        "rehearsal.identity",
        "rehearsal.world",
        "rehearsal.errors",
        "documents",
    },
}
"""Rooms that know no others than these: services are handed to the gateway, which knows none by name."""

STRANGERS = [
    ("rehearsal.codebuild", "rehearsal.codepipeline"),
    ("rehearsal.codedeploy", "rehearsal.codepipeline"),
    ("rehearsal.eventbridge", "rehearsal.codepipeline"),
    ("rehearsal.ecr", "rehearsal.eventbridge"),
]
"""Services that do not know who calls them, or whom they tell."""

FLOOR = {room: floor for floor, layer in enumerate(reversed(LAYERS)) for room in layer}


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name; a package by its own."""
    tops = {room.partition(".")[0] for room in FLOOR}
    files = [ROOT / "__main__.py", *(file for top in tops for file in (ROOT / top).rglob("*.py"))]
    named: dict[str, Path] = {}
    for file in files:
        if file.is_relative_to(ROOT / "benchmarks" / "peers"):
            continue
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        named[name.removesuffix(".__init__")] = file
    return named


MODULES = modules()


def room_of(module: str) -> str:
    """The folder, or the loose file, that a module belongs to."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "rehearsal" and len(parts) > 1 else parts[0]


def imported(text: str, known: Mapping[str, object]) -> Iterator[str]:
    """The modules among `known` that a source text imports, wherever in it, for types too."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for one in node.names:
                inner = f"{node.module}.{one.name}"
                yield from (name for name in (inner,) if name in known)
                if inner not in known and node.module in known:
                    yield node.module


def arrows() -> dict[tuple[str, str], list[str]]:
    """From room to room, with the imports that make each arrow."""
    found: dict[tuple[str, str], list[str]] = {}
    for module, file in MODULES.items():
        for other in imported(file.read_text(encoding="utf-8"), MODULES):
            pair = (room_of(module), room_of(other))
            if pair[0] != pair[1]:
                found.setdefault(pair, []).append(f"{module} imports {other}")
    return found


ARROWS = arrows()


def test_every_room_has_its_layer() -> None:
    rooms = {room_of(module) for module in MODULES} - {"rehearsal"}
    assert rooms == set(FLOOR), (
        "a new folder or loose file is given its place in LAYERS and in rehearsal/README.md"
    )


def test_every_arrow_goes_down_so_there_is_no_circle() -> None:
    wrong = [line for (a, b), lines in ARROWS.items() if FLOOR[a] <= FLOOR[b] for line in lines]
    assert not wrong, "a room knows rooms of lower layers only"


def test_no_module_is_in_a_circle() -> None:
    """Inside a room too, and also by an import that waits in a function."""
    left = {
        module: set(imported(file.read_text(encoding="utf-8"), MODULES)) - {module}
        for module, file in MODULES.items()
    }
    while free := {module for module, others in left.items() if not others & left.keys()}:
        left = {module: others for module, others in left.items() if module not in free}
    assert not left, "these know each other, or lead to ones that do"


@pytest.mark.parametrize("room", CLOSED)
def test_some_rooms_know_only_what_they_need(room: str) -> None:
    known = {b for a, b in ARROWS if a == room}
    assert known <= CLOSED[room]


@pytest.mark.parametrize(("room", "other"), STRANGERS)
def test_a_service_does_not_know_its_callers(room: str, other: str) -> None:
    assert (room, other) not in ARROWS, ARROWS.get((room, other))


def test_imports_are_seen_in_every_form_python_has() -> None:
    known = dict.fromkeys(["a", "a.b", "a.c"])
    text = (
        "import a.b\nfrom a import c, d\ndef f():\n    from a.b import x\nif TYPE_CHECKING:\n    import a.c\n"
    )
    assert sorted(imported(text, known)) == ["a", "a.b", "a.b", "a.c", "a.c"], (
        "otherwise the test passes by not looking"
    )


def test_no_import_is_relative() -> None:
    relative = [
        module
        for module, file in MODULES.items()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative, "an import without its folder would be an arrow that nobody sees"


def test_the_map_of_the_rehearsal_has_every_room() -> None:
    text = (ROOT / "rehearsal" / "README.md").read_text(encoding="utf-8")
    told = [
        line.split("`")[1].rstrip("/").removesuffix(".py")
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    rooms = {room.removeprefix("rehearsal.") for room in FLOOR if "rehearsal." in room}
    assert rooms <= set(told), "who looks for a folder looks there"

"""State impact: every component's type token and every resource's URN of both stacks, pinned.

A URN is a resource's identity in the state: another one means that AWS's resource is deleted and made anew. When this test
fails, either take the change back, or give the resource an alias to its former URN and write the new table with
`python -m tests.engine.test_urns`.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.automation import PulumiCommand

from rehearsal.pulumi_engine.find_cli import the_cli
from rehearsal.pulumi_engine.stack import Stack, engine_stack
from rehearsal.world.cloud import Cloud

TABLE = Path(__file__).parent / "urns.json"
STACKS = ("stg", "prd")


def urns(stack: Stack) -> list[str]:
    """What a new stack would hold; the provider's URN names its version and is left out."""
    return sorted(one for one in stack.preview().urns if ":pulumi:providers:" not in one)


def moved(pinned: list[str], seen: list[str]) -> list[str]:
    """Sentences about what an existing stack would lose or get."""
    lost = [f"{urn} would be deleted" for urn in sorted(set(pinned) - set(seen))]
    return lost + [f"{urn} would be made" for urn in sorted(set(seen) - set(pinned))]


def pinned_table() -> Mapping[str, list[str]]:
    return json.loads(TABLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", STACKS)
def test_every_urn_is_as_pinned(cloud: Cloud, cli: PulumiCommand, tmp_path: Path, name: str) -> None:
    with engine_stack(cloud, name, cli, folder=tmp_path) as stack:
        assert moved(pinned_table()[name], urns(stack)) == []


def test_both_stacks_have_the_same_resources_but_for_their_addresses() -> None:
    shapes = [
        {urn.split("::", 2)[2].split("notifications-")[0] for urn in pinned_table()[name]} for name in STACKS
    ]
    first, second = (shape - {f"delivery-{name}" for name in STACKS} for shape in shapes)
    assert {one.replace("delivery-stg", "") for one in first} == {
        one.replace("delivery-prd", "") for one in second
    }


def test_a_component_renamed_without_an_alias_is_noticed(
    cloud: Cloud, cli: PulumiCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename(monkeypatch, {"delivery:index:Descriptor": "delivery:index:Description"})
    with engine_stack(cloud, "stg", cli, folder=tmp_path) as stack:
        found = moved(pinned_table()["stg"], urns(stack))
    assert len(found) == 4, found
    assert any(
        "Descriptor$aws:ssm/parameter:Parameter::descriptor-parameter would be deleted" in one
        for one in found
    )


def rename(monkeypatch: pytest.MonkeyPatch, tokens: Mapping[str, str]) -> None:
    """Let the program use other type tokens, as after a careless renaming."""
    original = pulumi.ComponentResource.__init__

    def renamed(self: pulumi.ComponentResource, t: str, *args: Any, **named: Any) -> None:
        original(self, tokens.get(t, t), *args, **named)

    monkeypatch.setattr(pulumi.ComponentResource, "__init__", renamed)


def write() -> None:
    """Write the table anew."""
    from rehearsal.running.endpoint import empty_cloud

    table: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder, empty_cloud(Path(folder)) as made:
        for name in STACKS:
            with engine_stack(made, name, the_cli(), folder=Path(folder) / name) as stack:
                table[name] = urns(stack)
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()

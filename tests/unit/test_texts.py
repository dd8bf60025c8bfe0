"""The README's table of settings is the models' own."""

import pytest

from rehearsal.program import ROOT
from settings.table import markdown, rows

README = ROOT / "README.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"


def embedded(text: str) -> str:
    """What stands between the marks."""
    assert text.count(BEGIN) == text.count(END) == 1, "README.md marks where the table of settings stands"
    return text.partition(BEGIN)[2].partition(END)[0].strip("\n") + "\n"


def test_the_readme_lists_every_setting_as_it_is() -> None:
    assert embedded(README.read_text(encoding="utf-8")) == markdown(), "run .venv/bin/python -m tools.readme"


def test_the_table_has_one_row_for_each_setting() -> None:
    paths = [row.path for row in rows()]
    assert len(paths) == len(set(paths))
    assert {
        "application",
        "image.repository",
        "image.pushers[].branch",
        "network.database",
        "services.<name>.cpu",
        "services.<name>.healthCheck.path",
        "services.<name>.sidecars[].name",
        "release.window.cron",
        "notify.emails",
    } <= set(paths)


@pytest.mark.parametrize(
    ("path", "type_", "default"),
    [
        ("image.tag", "text", "required"),
        ("image.createRepository", "true or false", "`true`"),
        ("services.<name>.architecture", "`X86_64`, `ARM64`", "`X86_64`"),
        ("services.<name>.environment", "map of texts", "none"),
        ("services.<name>.loadBalancer.allowedCidrs", "list of texts", "`0.0.0.0/0`"),
        ("migration.logRetentionDays", "`1`, `3`, `5`, …, `3653`", "`90`"),
        ("release.approval", "group", "none"),
        ("image.pushers", "list of groups", "none"),
    ],
)
def test_types_and_defaults_are_in_words(path: str, type_: str, default: str) -> None:
    [row] = [row for row in rows() if row.path == path]
    assert (row.type, row.default) == (type_, default)


def test_a_setting_that_is_gone_or_new_is_noticed() -> None:
    text = f"before\n{BEGIN}{markdown()}{END}\nafter"
    assert embedded(text) == markdown()
    assert embedded(text.replace("| `image.tag` |", "| `image.label` |")) != markdown()

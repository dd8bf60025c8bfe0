"""What docs/settings.md and README.md say of settings is what the models take."""

import re

import pytest
import yaml

from rehearsal.host.project import ROOT
from settings import parse
from settings.planned import NOT_YET
from settings.source import NOT_YET as SOURCES_NOT_YET
from settings.table import BEGIN, END, FILE, embedded, markdown, rows


def test_the_page_lists_every_setting_as_it_is() -> None:
    page = FILE.read_text(encoding="utf-8")
    assert embedded(page) == page, "run make schema"


def test_the_page_names_what_does_not_work_yet() -> None:
    page = FILE.read_text(encoding="utf-8").partition(BEGIN)[0]
    for name in SOURCES_NOT_YET:
        assert f"`{name}`" in page, f"source.{name} is refused, so the page must say so"
    assert "`jobs`" in page
    assert "jobs" in NOT_YET


def test_the_readmes_stack_file_loads() -> None:
    [shown] = re.findall(
        r"```yaml\n(config:.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    config = yaml.safe_load(shown)["config"]
    prefix = "delivery:"
    given = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    balancer = parse(given).services["web"].load_balancer
    assert balancer
    assert balancer.port == 80


def test_the_table_has_one_row_for_each_setting() -> None:
    paths = [row.path for row in rows()]
    assert len(paths) == len(set(paths))
    assert {
        "application",
        "images.<name>.repository",
        "images.<name>.pushers[].branch",
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
        ("source.push.tag", "text", "required"),
        ("images.<name>.createRepository", "true or false", "`true`"),
        ("services.<name>.architecture", "`X86_64`, `ARM64`", "`X86_64`"),
        ("services.<name>.environment", "map of texts", "none"),
        ("services.<name>.loadBalancer.allowedCidrs", "list of texts", "`0.0.0.0/0`"),
        ("migration.logRetentionDays", "`1`, `3`, `5`, …, `3653`", "`90`"),
        ("release.approval", "group", "none"),
        ("images.<name>.pushers", "list of groups", "none"),
    ],
)
def test_types_and_defaults_are_in_words(path: str, type_: str, default: str) -> None:
    [row] = [row for row in rows() if row.path == path]
    assert (row.type, row.default) == (type_, default)


def test_a_setting_that_is_gone_or_new_is_noticed() -> None:
    text = f"before\n{BEGIN}{markdown()}{END}\nafter"
    assert embedded(text) == text
    assert embedded(text.replace("| `source.push.tag` |", "| `source.push.label` |")) == text


def test_a_page_without_its_table_is_said() -> None:
    with pytest.raises(LookupError, match=r"settings\.md has no lines"):
        embedded("no table")

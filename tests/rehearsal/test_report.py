"""The timeline and the table show what was seen, letter by letter; the JSON report keeps its documented fields."""

import io

import pytest
from rich.console import Console

from rehearsal.plays.play import Play, Step
from rehearsal.plays.report import Timeline, table
from rehearsal.world.journal import Entry

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop"
"""`:secret:` is the name of an emoji."""


def told() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=400, force_terminal=False), out


@pytest.mark.parametrize(
    "message", [SECRET, "[bold]x[/bold]", "[/nonsense]", "a trailing backslash \\", "[link=x]y"]
)
def test_names_of_users_and_resources_are_never_markup(message: str) -> None:
    console, out = told()
    timeline = Timeline(console)
    timeline.entry(Entry(1.0, "ECS", message))
    timeline.step(Step(message, 1.0, ok=False, seen=message))
    table([Play("release", [Step("step", 1.0, ok=True, seen=message)])], console)
    assert out.getvalue().count(message) == 4, out.getvalue()


def test_control_characters_of_a_log_do_not_reach_the_terminal() -> None:
    console, out = told()
    timeline = Timeline(console)
    timeline.entry(Entry(1.0, "ECS", "task stopped\n\x1b]0;title\x07\x1b[2Jlast words"))
    timeline.step(Step("release v1", 1.0, ok=False, seen="\x1b[31mred\x1b[0m\n" + "x" * 10_000))
    table([Play("release", [Step("step", 1.0, ok=False, seen="\x1b[?1049hone\ntwo\x07")])], console)
    assert "\x1b" not in out.getvalue()
    assert "\x07" not in out.getvalue()
    assert "last words" in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) < 700, "an endless line is cut"


@pytest.mark.parametrize("width", [1, 40, 120])
def test_no_line_of_the_table_ends_in_blanks(width: int) -> None:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=False)
    seen = ["one", "two " * 90 + "end", "1 " + "x" * 300, ""]
    table(
        [
            Play(
                "release",
                [Step("push v1", 1.0, ok=True, seen="\n".join(seen)), Step("x", 1.0, ok=True, seen="")],
            )
        ],
        console,
    )
    lines = out.getvalue().splitlines()
    assert lines == [line.rstrip() for line in lines]
    assert out.getvalue().count("two") == 90, "nothing is lost"
    assert all(line.startswith(" " * 17) for line in lines if "two" in line), "what was seen is indented"
    assert out.getvalue().count("x" * 3) > 3

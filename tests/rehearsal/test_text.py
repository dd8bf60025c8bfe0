"""What other programs wrote reaches a terminal as plain, bounded lines."""

import time

import pytest

from rehearsal.world import text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;a new title\x07after", "after"),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;cm0gLXJm\x07clipboard", "clipboard"),
        ("\x1bPqsixel\x1b\\picture", "picture"),
        ("\x9b2Jcleared", "cleared"),
        ("\x1bcreset", "reset"),
        ("bell\x07 back\x08space nul\x00", "bell backspace nul"),
        ("10%\r55%\r100% done\r", "100% done"),
        ("windows\r\n", "windows\n"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("tab\tstop", "tab stop"),
        ("lone \udcff", "lone \ufffd"),
        ("two\u2028lines", "two lines"),
        ("größe 値 👩‍🔧", "größe 値 👩‍🔧"),
        ("\x1b]unfinished\nnext line stays", "\nnext line stays"),
    ],
)
def test_nothing_that_a_terminal_would_obey_is_left(written: str, shown: str) -> None:
    assert text.shown(written) == shown


def test_a_line_without_end_is_cut_and_says_how_much_is_missing() -> None:
    (line,) = text.lines("x" * 10_000, width=100)
    assert line == "x" * 100 + "… (9900 more characters)"


def test_the_last_words_skip_blank_lines_and_keep_their_order() -> None:
    assert text.last_words("one\n\n\x1b[1mtwo\x1b[0m\n   \nthree\n\n", 2) == ["two", "three"]
    assert text.last_words(["a\nb", "\x1b[K", "c"], 2) == ["b", "c"]


def test_one_line_of_several() -> None:
    assert text.line("  first\r\n\n second ") == "first second"


@pytest.mark.parametrize("part", ["\x1b]", "\x1b[", "\x1b", "\r", "\x1bP0;0"])
def test_five_hostile_megabytes_are_read_in_seconds(part: str) -> None:
    begun = time.process_time()
    text.lines(part * (5_000_000 // len(part)))
    assert time.process_time() - begun < 20, "the time grows with the length, not with its square"

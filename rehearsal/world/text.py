"""Text that other people's programs wrote, made fit to be shown: no control character reaches a terminal, no line is endless."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

WIDTH = 500
"""Characters of one line that are shown at most."""

WHOLE = 100_000
"""As many as anybody could want to read of one line."""

# Sequences that a terminal would obey: CSI (colors, cursor), strings (titles, links, clipboard) up to their end or the
# line's, and single ones; with ESC or as one C1 character (ECMA-48, 5.3 to 5.6).
_OBEYED = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]"
    r"|(?:\x1b[P\]X^_]|[\x90\x98\x9d-\x9f])[^\n]*?(?:\x07|\x1b\\|\x9c|(?=\n)|\Z)"
    r"|\x1b[ -/]{0,16}[0-~]"
)
_TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the direction of what follows (Unicode TR9): a line could show other than it says."""


def lines(text: str, *, width: int = WIDTH) -> list[str]:
    """The lines of a text as a terminal may show them; of a line written over by carriage returns, what was left.

    A line longer than `width` characters is cut and says how many are missing.
    """
    whole = _OBEYED.sub("", text.replace("\r\n", "\n"))
    return [_bounded(_plain(line.rstrip("\r").rpartition("\r")[2]), width) for line in whole.split("\n")]


def line(text: str, *, width: int = WIDTH) -> str:
    """A text in one line."""
    return _bounded(" ".join(part.strip() for part in lines(text, width=width) if part.strip()), width)


def shown(text: str, *, width: int = WIDTH) -> str:
    """A text of several lines, made fit to be shown."""
    return "\n".join(lines(text, width=width))


def last_words(text: str | Iterable[str], count: int = 20, *, width: int = WIDTH) -> list[str]:
    """The last lines that say something, oldest first."""
    whole: Sequence[str] = lines(text if isinstance(text, str) else "\n".join(text), width=width)
    return [one for one in whole if one.strip()][-count:]


def _plain(text: str) -> str:
    """One line without control characters; a lone surrogate becomes the replacement character."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_character, text.expandtabs(4)))


def _character(one: str) -> str:
    category = unicodedata.category(one)
    if category == "Cs":
        return "\ufffd"
    if category in ("Zl", "Zp"):
        return " "
    return "" if category == "Cc" or one in _TURNING else one


def _bounded(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[:width]}… ({len(text) - width} more characters)"

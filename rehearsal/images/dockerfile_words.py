"""Words of a Dockerfile's instruction: quotes, escapes, variables (Docker documentation, Dockerfile reference, "Environment replacement")."""

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INSTEAD = re.compile(r":?[-+]")
"""`${NAME:-word}` and its kin: a word in the variable's place where it is not set (or empty, after a colon), or where it is."""


class WordError(ValueError):
    """Something that Docker refuses, or that is not followed here; the text is a rule."""


def words(text: str, variables: Mapping[str, str]) -> list[str]:
    """What stands between blanks, its quotes taken off and its variables replaced; a variable's value is never taken apart."""
    reader = _Reader(text, variables)
    found: list[str] = []
    while reader.skip_blanks():
        found.append(reader.word(blanks_end_it=True))
    return found


def value(text: str, variables: Mapping[str, str]) -> str:
    """The whole text as one value, blanks included."""
    return _Reader(text, variables).word()


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self._text = text
        self._variables = variables
        self._at = 0

    def skip_blanks(self) -> bool:
        """Whether anything follows."""
        while self._next().isspace():
            self._at += 1
        return self._at < len(self._text)

    def word(self, end: str = "", *, blanks_end_it: bool = False) -> str:
        """What follows, up to a letter that ends it (or a blank, or the end)."""
        said = ""
        while letter := self._next():
            if letter == end or (blanks_end_it and letter.isspace()):
                return said
            self._at += 1
            if letter == "\\":
                said += self._next() or "\\"
                self._at += 1
            elif letter == "'":
                said += self._plain()
            elif letter == '"':
                said += self._quoted()
            else:
                said += self._variable() if letter == "$" else letter
        if end:
            raise WordError(f"a variable's closing {end} is missing")
        return said

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _plain(self) -> str:
        end = self._text.find("'", self._at)
        if end < 0:
            raise WordError("a quote is not closed")
        said, self._at = self._text[self._at : end], end + 1
        return said

    def _quoted(self) -> str:
        said = ""
        while letter := self._next():
            self._at += 1
            if letter == '"':
                return said
            if letter == "\\" and self._next() in ('"', "\\", "$"):
                said += self._next()
                self._at += 1
            else:
                said += self._variable() if letter == "$" else letter
        raise WordError("a quote is not closed")

    def _variable(self) -> str:
        braced = self._next() == "{"
        self._at += braced
        name = _NAME.match(self._text, self._at)
        if name is None:
            if braced:
                raise WordError("a variable in braces has no name")
            return "$"
        self._at = name.end()
        if not braced:
            return self._variables.get(name[0], "")
        how = _INSTEAD.match(self._text, self._at)
        if how is None:
            return self._closed(name[0])
        self._at = how.end()
        instead = self.word("}")
        self._at += 1
        given = self._variables.get(name[0])
        there = bool(given) if how[0][0] == ":" else given is not None
        if how[0][-1] == "+":
            return instead if there else ""
        return given if there and given is not None else instead

    def _closed(self, name: str) -> str:
        if self._next() != "}":
            raise WordError(f"of ${{{name}…}} only :-, :+, - and + are followed")
        self._at += 1
        return self._variables.get(name, "")

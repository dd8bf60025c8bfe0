"""One line of a Dockerfile: its flags, words and pairs, and how it is refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from rehearsal.errors import ApplicationError
from rehearsal.images.dockerfile_words import WordError, value, words


class DockerfileError(ApplicationError):
    """A Dockerfile that can't be followed at level `process`."""


@dataclass(frozen=True)
class Line:
    """One instruction, wherever its text was broken into lines."""

    number: int
    instruction: str
    value: str

    def words(self, variables: Mapping[str, str]) -> list[str]:
        """The value's words, variables replaced, in either notation."""
        listed = exec_form(self.value)
        try:
            if listed is not None:
                return [value(word, variables) for word in listed]
            return words(self.value, variables)
        except WordError as error:
            raise self.refuse(str(error)) from None

    def pairs(self, variables: Mapping[str, str]) -> dict[str, str]:
        """NAME=VALUE once or more, or the older form of one name, blanks and its value."""
        found = self.words(variables)
        if "=" not in self.value.split(maxsplit=1)[0]:
            name, rest = (*self.value.split(maxsplit=1), "")[:2]
            try:
                return {name: value(rest, variables)}
            except WordError as error:
                raise self.refuse(str(error)) from None
        odd = next((word for word in found if word.startswith("=") or "=" not in word), None)
        if odd is not None:
            raise self.refuse(f"{odd} is no NAME=VALUE", "write it so, its blanks in quotes")
        return dict(word.split("=", 1) for word in found)

    def after_flags(self, *known: str) -> tuple[list[str], "Line"]:
        """The flags it begins with, each one of those that are known, and the line without them."""
        flags: list[str] = []
        rest = self.value
        while rest.startswith("--"):
            flag, _, rest = rest.partition(" ")
            if flag.partition("=")[0] not in known:
                raise self.refuse(f"{flag} is not followed")
            flags.append(flag)
            rest = rest.lstrip()
        return flags, replace(self, value=rest)

    @property
    def written(self) -> str:
        """The whole line, as people read it."""
        return " ".join([self.instruction, *self.value.split()])

    def refuse(self, rule: str, remedy: str = "rehearse this image at level container") -> DockerfileError:
        """The error of this line."""
        return DockerfileError(f"Dockerfile line {self.number}, {self.written}", rule, remedy)


def exec_form(text: str) -> list[str] | None:
    """The words of a JSON array of texts; None for anything else, which Docker reads as plain words too."""
    if not text.startswith("["):
        return None
    try:
        said: Any = json.loads(text)
    except json.JSONDecodeError:
        return None
    texts = isinstance(said, list) and all(isinstance(word, str) for word in cast("list[Any]", said))
    return cast("list[str]", said) if texts else None

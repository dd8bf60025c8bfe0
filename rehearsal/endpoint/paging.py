"""Answers in pages, with tokens that mean something to this service only, and only for the same question."""

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.errors import AwsRefusal

_SEED = secrets.token_hex(16)
"""Makes tokens that nobody can guess, and that another process did not give out."""


@dataclass(frozen=True)
class Paging:
    """How an operation names what belongs to its pages."""

    most: int
    """Items of a page at most."""
    token: str = "nextToken"  # noqa: S105  (a member's name)
    next_token: str = ""
    """The answer's member; the input's name when left out."""
    limit: str = "maxResults"
    wrong: str = "InvalidNextTokenException"
    """Code of the error for a token that was never given out."""
    said: str = "The next token is invalid."
    usual: int = 0
    """Items of a page where no number is asked for; as many as there may be when left out."""

    def page(self, asked: Mapping[str, Any], key: str, items: Sequence[Any]) -> dict[str, Any]:
        """One page of `items` under `key`, and the token of the next one where there is one.

        A token is refused when the rest of the input is not what it was given out for.
        """
        question = self._question(asked)
        begin = self._begin(str(asked.get(self.token) or ""), question)
        end = begin + min(int(asked.get(self.limit) or self.usual or self.most), self.most)
        found: dict[str, Any] = {key: list(items[begin:end])}
        if end < len(items):
            found[self.next_token or self.token] = _token(end, question)
        return found

    def _question(self, asked: Mapping[str, Any]) -> str:
        rest = {name: one for name, one in asked.items() if name not in {self.token, self.limit}}
        text = json.dumps([_SEED, rest], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _begin(self, token: str, question: str) -> int:
        if not token:
            return 0
        try:
            begin, of = json.loads(base64.urlsafe_b64decode(token.encode()))
        except (binascii.Error, ValueError, TypeError):
            raise AwsRefusal(self.wrong, self.said) from None
        if of != question or not isinstance(begin, int):
            raise AwsRefusal(self.wrong, self.said)
        return begin


def _token(begin: int, question: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([begin, question]).encode()).decode()

"""The stack that every component belongs to."""

from dataclasses import dataclass

from documents.names import Names
from documents.place import Place
from settings import Settings


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One stack's settings, the names made for it, and where it lives."""

    settings: Settings
    names: Names
    place: Place

"""Tags that every resource of a stack gets, as all of the services that make those resources take them."""

import re
from collections.abc import Mapping

MOST = 10
"""Tags of an S3 object, the fewest of all (Amazon S3 User Guide, object-tagging); the release templates are objects."""

_TEXT = re.compile(r"(?:[\w.:/=+\-@]|[^\S\t-\r\x1c-\x1f\x85])*")
"""Letters of any language, digits, spaces (no tabs or line ends) and these: what IAM, the strictest, takes (IAM API Reference, Tag)."""


def refusals(tags: Mapping[str, str]) -> list[str]:
    """What AWS would refuse while it makes the first resource that cannot have these tags; empty when it takes them.

    Lengths: 128 characters of a key, 256 of a value (IAM User Guide, id_tags; the same for Amazon S3, object-tagging).
    """
    found: list[str] = []
    if len(tags) > MOST:
        found.append(f"there are {len(tags)} tags, and an object in S3 takes {MOST}: drop some")
    lower: dict[str, str] = {}
    for key, value in tags.items():
        other = lower.setdefault(key.lower(), key)
        if other != key:
            found.append(f"{other!r} and {key!r} are one key for IAM, which ignores case: keep one of them")
        if key.lower().startswith("aws:"):
            found.append(f"{key!r} begins with aws:, which is AWS's own: choose another key")
        for what, text, longest in (("key", key, 128), ("value", value, 256)):
            if len(text) > longest or (what == "key" and not text):
                found.append(
                    f"the {what} {text[:40]!r} has {len(text)} characters; 1 to {longest} are taken: correct it"
                )
            elif not _TEXT.fullmatch(text):
                found.append(
                    f"the {what} {text!r} has a character outside letters, digits, spaces and _ . : / = + - @: correct it"
                )
    return found

"""A whole stack in a Pulumi program of one's own, by one import and one call.

The only name of this project in an environment it is installed into: `tools/wheel.py` puts everything it needs below it, so
a program may have modules called `settings`, `components` or `documents` itself. See docs/embedding.md.
"""

from collections.abc import Mapping
from typing import Any

from components.delivery import Delivery
from components.delivery import declare as declare_stack
from components.kit.configuration import read

__all__ = ["Delivery", "declare", "read"]


def declare(settings: Mapping[str, Any] | None = None) -> Delivery:
    """Declare a stack from `settings` and from the configuration of the Pulumi stack, whose keys go before those of `settings`.

    Both are spelled as in a stack's file: `{"application": "shop", …}` here is `delivery:application: shop` there. Raises
    pulumi.RunError, which Pulumi shows without a traceback, for settings that are wrong.
    """
    return declare_stack(read(settings))

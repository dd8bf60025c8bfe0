"""What an image reference says about where it is kept."""

import re
from collections.abc import Iterable

from documents.place import Place


def repositories(place: Place, images: Iterable[str]) -> list[str]:
    """Names of the repositories of this account and Region that the images come from; public ones need no grant."""
    own = re.compile(rf"^{re.escape(place.registry)}/(?P<name>[^@:]+)(?:[@:].*)?$")
    return sorted({match["name"] for image in images if (match := own.match(image))})

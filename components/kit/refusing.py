"""Ends the program with a finding's sentence alone, where a document outgrows what AWS takes."""

from collections.abc import Generator
from contextlib import contextmanager

import pulumi

from documents.limits import LimitError
from documents.shapes import ShapeError


@contextmanager
def refusing() -> Generator[None]:
    """Turn what a document's check raises into the error that Pulumi shows without a traceback."""
    try:
        yield
    except (LimitError, ShapeError) as error:
        raise pulumi.RunError(str(error)) from None

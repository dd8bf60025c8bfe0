"""The SDK and the tests see nothing of the machine's own AWS or Pulumi environment."""

import logging
import os

import pytest
from hypothesis import settings

for _name in list(os.environ):
    if _name.startswith(("AWS_", "PULUMI_")):
        del os.environ[_name]
# An Output in an f-string would be registered as an error text; this makes it an error.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"
# The SDK leaves futures behind whose error it has already raised once; asyncio repeats each when it is collected.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)

# The same examples in every run, and no folder left behind.
settings.register_profile("unit", database=None, deadline=None, derandomize=True, max_examples=25)
settings.load_profile("unit")


def pytest_configure(config: pytest.Config) -> None:
    """The AWS package says of its own classes, when they are loaded, that they are deprecated."""
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning:pulumi_aws")

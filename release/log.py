"""Lines of the function's log: one JSON object each. Never the event, a variable or a value of a secret."""

import json
import sys


def log(**said: object) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(said, default=str) + "\n")
    sys.stdout.flush()

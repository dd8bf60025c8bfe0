"""AWS's SDK without the developer's profile and files: no call of ours may leave with them, and none of them can break one."""

import os
from functools import cache
from typing import Any


@cache
def session() -> Any:
    """The one botocore session of a process; making clients of it is not safe in threads, using them is."""
    from botocore.session import Session  # noqa: PLC0415  (0.2 s that most readers of this module never need)

    nowhere = (None, None, os.devnull, None)
    unset = (None, None, None, None)
    return Session(
        session_vars={
            "profile": unset,
            "config_file": nowhere,
            "credentials_file": nowhere,
            "ignore_configured_endpoint_urls": (None, None, True, None),
            # What these would be given by variables, each client is told itself.
            "retry_mode": (None, None, "legacy", None),
            "max_attempts": (None, None, None, None),
            "ca_bundle": unset,
            "defaults_mode": (None, None, "legacy", None),
            "sts_regional_endpoints": (None, None, "regional", None),
            "use_fips_endpoint": unset,
            "use_dualstack_endpoint": unset,
            "request_min_compression_size_bytes": (None, None, 10240, None),
        }
    )

"""Who signed a request: the SigV4 credential in its headers or, for a presigned URL, its query.

The signature itself is not verified: the caller runs on this machine with keys the rehearsal made. Key, session
token, service and region are taken from it. IAM/latest/UserGuide/reference_sigv-create-signed-request.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")
_SCOPE = re.compile(r"([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Signature:
    """What a signed request says about its caller."""

    access_key_id: str
    region: str
    service: str
    """The signing name, for example `s3`, `logs`, `monitoring`."""
    session_token: str | None


def signature_of(headers: Mapping[str, str], query: Mapping[str, Sequence[str]]) -> Signature | None:
    """The request's signature, or None for a request that nobody signed."""
    found = _CREDENTIAL.search(headers.get("authorization", ""))
    token = headers.get("x-amz-security-token")
    if found is None:
        found = _SCOPE.fullmatch(next(iter(query.get("X-Amz-Credential", ())), ""))
        token = token or next(iter(query.get("X-Amz-Security-Token", ())), None)
    if found is None:
        return None
    return Signature(found[1], found[2], found[3], token)

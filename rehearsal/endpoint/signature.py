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
    """Empty for a presigned S3 URL of the older kind, which names none."""
    service: str
    """The signing name, for example `s3`, `logs`, `monitoring`."""
    session_token: str | None


def signature_of(headers: Mapping[str, str], query: Mapping[str, Sequence[str]]) -> Signature | None:
    """The request's signature, or None for a request that nobody signed."""
    found = _CREDENTIAL.search(headers.get("authorization", ""))
    if found is not None:
        return Signature(found[1], found[2], found[3], headers.get("x-amz-security-token"))
    found = _SCOPE.fullmatch(_first(query, "X-Amz-Credential"))
    if found is not None:
        return Signature(found[1], found[2], found[3], _first(query, "X-Amz-Security-Token") or None)
    if "AWSAccessKeyId" in query and "Signature" in query:  # what boto3 presigns for S3 in us-east-1
        return Signature(
            _first(query, "AWSAccessKeyId"), "", "s3", _first(query, "x-amz-security-token") or None
        )
    return None


def _first(query: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(query.get(name, ())), "")

"""Requests as the emulator must see them, where it reads them otherwise than AWS. Pure."""

from urllib.parse import urlencode

from rehearsal.endpoint.asgi import Scope
from rehearsal.endpoint.emulator import Emulator
from rehearsal.endpoint.request import Request

_PRESIGNED = frozenset({
    "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
    "X-Amz-Security-Token", "X-Amz-Signature", "AWSAccessKeyId", "Signature", "Expires", "x-amz-security-token",
})  # fmt: skip
"""Query parameters that only sign a presigned URL."""


def for_the_emulator(scope: Scope, request: Request, emulator: Emulator) -> Scope:
    """The request as the emulator must see it."""
    query, headers = request.query, scope["headers"]
    if request.signature is None and request.method == "POST" and "mount" in query:
        # ECR uploads each layer anew; a mount would read another repository.
        return {**scope, "query_string": b""}
    if request.signature is not None and ("X-Amz-Credential" in query or "AWSAccessKeyId" in query):
        # The emulator knows none of our keys and, for presigned URLs only, insists on knowing them.
        kept = [(name, one) for name, values in query.items() if name not in _PRESIGNED for one in values]
        signed = emulator.signed(request.signature.service)["authorization"].encode("latin-1")
        return {
            **scope,
            "query_string": urlencode(kept).encode("ascii"),
            "headers": [*headers, (b"authorization", signed)],
        }
    owner = _owner_of_secret(request)
    if owner and owner != emulator.account:
        region = request.signature.region if request.signature else ""
        signed = emulator.signed(request.service, account=owner, region=region)["authorization"]
        others = [(name, value) for name, value in headers if name.lower() != b"authorization"]
        return {**scope, "headers": [*others, (b"authorization", signed.encode("latin-1"))]}
    if _own_key(request):
        key = f"arn:aws:kms:{emulator.region}:{emulator.account}:alias/aws/s3"
        return {
            **scope,
            "headers": [*headers, (b"x-amz-server-side-encryption-aws-kms-key-id", key.encode("latin-1"))],
        }
    return scope


def _owner_of_secret(request: Request) -> str:
    """The account in the ARN of a secret that is read; empty for any other request.

    secretsmanager/latest/userguide/auth-and-access_examples_cross.md: a secret of another account is read by its ARN.
    """
    named = str(request.document.get("SecretId", "")) if request.service == "secretsmanager" else ""
    return named.split(":")[4] if named.startswith("arn:") and named.count(":") > 5 else ""  # noqa: PLR2004


def _own_key(request: Request) -> bool:
    """Whether S3 would take its own AWS managed key, where the emulator insists on one that is named.

    AmazonS3/latest/userguide/UsingKMSEncryption.md: without a key, the AWS managed key `aws/s3` is used.
    """
    named = "x-amz-server-side-encryption-aws-kms-key-id" in request.headers
    return request.headers.get("x-amz-server-side-encryption") == "aws:kms" and not named

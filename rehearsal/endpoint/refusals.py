"""Refusals in each protocol's own error form, so that SDKs and the AWS CLI show AWS's own text.

AWS documents: IAM/latest/UserGuide/troubleshoot_access-denied.md; AmazonS3/latest/userguide/troubleshoot-403-errors.md
(S3 puts the resource in quotes); AmazonECR/latest/userguide/common-errors-docker.md.
"""

import json
import uuid
from typing import Any

from ministack.core.iam_actions import access_denied_response

from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.permissions import Underivable
from rehearsal.endpoint.request import Request
from rehearsal.identity.authority import AccessDenied

_FORBIDDEN = 403
_BAD_REQUEST = 400


def access_denied(request: Request, denied: AccessDenied) -> Answer:
    """The caller is known and may not."""
    text = str(denied)
    if request.service == "s3":
        text = text.replace(f"on resource: {denied.resource} ", f'on resource: "{denied.resource}" ')
    return _refused(
        request, action=denied.action, principal=denied.principal, resource=denied.resource, text=text
    )


def unknown_key(request: Request) -> Answer:
    """Nobody was given this access key: UnrecognizedClientException, or S3's InvalidAccessKeyId."""
    return _refused(
        request,
        code="UnrecognizedClientException",
        text="The security token included in the request is invalid.",
    )


def wrong_token(request: Request) -> Answer:
    """The key is temporary and its session token is missing or another one."""
    return _refused(
        request, code="InvalidToken", text="The security token included in the request is invalid."
    )


def unsigned(request: Request) -> Answer:
    """Nobody signed the request."""
    return _refused(
        request, code="MissingAuthenticationToken", text="Request is missing Authentication Token"
    )


def underivable(reason: Underivable) -> Answer:
    """The rehearsal does not know what AWS would check; it refuses rather than guesses."""
    return json_error("NotImplemented", f"The rehearsal cannot authorize this request: {reason}", status=501)


def not_held(request: Request, held: str) -> Answer:
    """The truth about this is not at the endpoint: refuse, for an empty success would be a lie."""
    text = (
        f"The rehearsal's endpoint does not answer {request.service}"
        f"{' ' + request.operation if request.operation else ''}, for it would only show an empty account; it answers {held}"
    )
    return _refused(request, code="NotImplemented", text=text)


def json_error(code: str, text: str, status: int = _BAD_REQUEST) -> Answer:
    """An error of a JSON-protocol service."""
    headers = {"content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code}
    return Answer(status, headers, json.dumps({"__type": code, "message": text}).encode())


def registry_error(status: int, code: str, text: str, realm: str | None = None) -> Answer:
    """An error of the registry protocol; with a `realm`, the challenge that makes clients log in."""
    headers = {"content-type": "application/json", "docker-distribution-api-version": "registry/2.0"}
    if realm is not None:
        headers["www-authenticate"] = f'Basic realm="{realm}",service="ecr.amazonaws.com"'
    return Answer(status, headers, json.dumps({"errors": [{"code": code, "message": text}]}).encode())


def _refused(  # noqa: PLR0913  (the words of an error, each optional)
    request: Request, *, text: str, code: str = "", action: str = "", principal: str = "", resource: str = "*"
) -> Answer:
    found: tuple[int, dict[str, Any], bytes] = access_denied_response(
        request.service,
        action,
        principal,
        str(uuid.uuid4()),
        error_code=code,
        message=text,
        headers=dict(request.headers),
        resource_arn=resource,
        explicit_deny="with an explicit deny" in text,
    )
    status, headers, body = found
    if status == _FORBIDDEN and "json" in headers.get("Content-Type", ""):
        status = _BAD_REQUEST  # the JSON protocols answer 400 where S3 and the query protocol answer 403
    return Answer(status, headers, b"" if request.method == "HEAD" else body)

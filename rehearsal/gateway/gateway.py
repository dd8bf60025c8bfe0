"""The one endpoint that the AWS CLI, SDKs and Docker talk to: who calls, what, may they; then the emulator.

ASGI middleware around the emulator's own application, in this process. Services that no emulator offers ask
`rehearsal.identity.authority` themselves. Not here: what a request needs (`endpoint.permissions`), the decision (`identity`), ECR's rules (`ecr`).
"""

import http.client
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlencode

from documents.place import Place
from rehearsal.ecr.api import EcrGate, Forward
from rehearsal.ecr.registry_calls import key_needed
from rehearsal.ecr.registry_rules import Push, TagRule
from rehearsal.endpoint import partitions, refusals
from rehearsal.endpoint.asgi import HOST, Answer, Receive, Scope, Send, Server, read_body, replay
from rehearsal.endpoint.emulator import Emulator
from rehearsal.endpoint.emulator_lookups import Stored
from rehearsal.endpoint.permissions import Underivable, needed
from rehearsal.endpoint.request import Request
from rehearsal.endpoint.signature import signature_of
from rehearsal.errors import RehearsalError
from rehearsal.gateway import held
from rehearsal.identity.authority import AccessDenied, Authority, UnknownAccessKey, session_arn
from rehearsal.world.cloud import HERE

HEALTH = "/_ministack/health"
"""Path that answers without credentials once the gateway serves."""

_PRESIGNED = frozenset({
    "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
    "X-Amz-Security-Token", "X-Amz-Signature", "AWSAccessKeyId", "Signature", "Expires", "x-amz-security-token",
})  # fmt: skip
"""Query parameters that only sign a presigned URL."""

_OK = 200
_NOT_FOUND = 404
_PATIENCE = 10.0
"""Seconds given to the first answer, and to the handlers of pushes when the gateway stops."""


class Gateway:
    """The local cloud's endpoint; a context manager that is started inside."""

    def __init__(
        self,
        authority: Authority,
        on_push: Callable[[Push], None],
        *,
        place: Place = HERE,
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        """Authorize by `authority`, call `on_push` (in a thread of its own) for each image pushed under a tag.

        `port` 0 takes a free one. `log` is a file for the emulator's warnings. Nothing is loaded before `start`.
        """
        self._authority = authority
        self._on_push = on_push
        self._place = place
        self._log = log
        self._server = Server(self._serve, "gateway", port)
        self._emulator: Emulator | None = None
        self._ecr: EcrGate | None = None
        self._stored: Stored | None = None
        self.endpoint = ""
        """Where it answers, for example `http://127.0.0.1:40123`; empty before `start`."""

    def start(self) -> str:
        """Load the emulator, empty, and serve; answers the endpoint. RehearsalError says what stands in the way."""
        self._emulator = Emulator(self._place.account, self._place.region, self._log)
        self._stored = Stored(self._emulator, self._place)
        self._ecr = EcrGate(self._authority, self._place, self._stored, self._on_push)
        try:
            port = self._server.start()
            self.endpoint = f"http://{HOST}:{port}"
            _answers(port)
        except BaseException:
            self.stop()
            raise
        return self.endpoint

    def stop(self) -> None:
        """Free the port and forget what was stored; harmless when nothing runs."""
        self._server.stop()
        if self._ecr is not None:
            self._ecr.wait(_PATIENCE)
        if self._emulator is not None:
            self._emulator.close()
        self._emulator = self._ecr = self._stored = None
        self.endpoint = ""

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, whatever happened."""
        self.stop()

    @property
    def repositories(self) -> dict[str, TagRule]:
        """Which tags are fixed, by repository: learned from the ECR API, and free to be set."""
        return self._running()[1].rules

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            body = await read_body(receive)
            await (await self._answer(scope, body)).send(send)
        else:
            await send({"type": "websocket.close"})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        emulator = self._running()[0]
        while True:
            message = await receive()
            await emulator.reset()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _answer(self, scope: Scope, body: bytes) -> Answer:
        emulator, ecr, _ = self._running()
        request = _request(scope, body)

        async def forward() -> Answer:
            return await self._emulated(_for_the_emulator(scope, request, emulator), request, body)

        if request.signature is not None:
            return await self._signed(request, forward)
        if request.path == HEALTH:
            return await forward()
        if request.path == "/v2" or request.path.startswith("/v2/"):
            return await ecr.registry(request, f"{self.endpoint}/", forward)
        return refusals.unsigned(request)

    async def _emulated(self, scope: Scope, request: Request, body: bytes) -> Answer:
        """The emulator's answer; only JSON services name ARNs, and an object or a layer is nobody's to change."""
        application, partition = self._running()[0].application, self._place.partition
        if "x-amz-target" not in request.headers:
            return await replay(application, scope, body)
        answer = await replay(application, scope, partitions.asked(body, partition))
        return partitions.answered(answer, partition)

    async def _signed(self, request: Request, forward: Forward) -> Answer:
        refusal, role_arn = self._caller(request)
        if refusal is not None:
            return refusal
        try:
            if role_arn is not None:
                await self._authorize(request, role_arn)
            if not held.holds(request):
                return refusals.not_held(request, held.IN_WORDS)
            return await self._authorized(request, role_arn, forward)
        except AccessDenied as denied:
            return refusals.access_denied(request, denied)
        except Underivable as reason:
            return refusals.underivable(reason)

    async def _authorized(self, request: Request, role_arn: str | None, forward: Forward) -> Answer:
        if request.service == "ecr":
            return await self._running()[1].api(request, role_arn, forward)
        if role_arn is None:
            return await forward()
        if request.operation == "GetCallerIdentity":
            return _identity(role_arn, self._place.account)
        answer = await forward()
        if request.service == "s3" and answer.status == _NOT_FOUND:
            self._tell_missing(request, role_arn)
        return answer

    def _caller(self, request: Request) -> tuple[Answer | None, str | None]:
        """Why the caller is refused, or the role that calls (None: the administrator)."""
        signature = request.signature
        try:
            known = self._authority.credentials_of(signature.access_key_id if signature else "")
        except UnknownAccessKey:
            return refusals.unknown_key(request), None
        if known.role_arn is not None and (
            signature is None or known.session_token != signature.session_token
        ):
            return refusals.wrong_token(request), None
        return None, known.role_arn

    async def _authorize(self, request: Request, role_arn: str) -> None:
        stored = self._running()[2]
        region = request.signature.region if request.signature else ""
        place = self._place.elsewhere(region=region)
        secret = await stored.secret(request) if request.service == "secretsmanager" else {}
        calls = needed(request, place, secret.get("ARN"))
        for call in calls:
            self._authority.authorize(role_arn, call.action, call.resource, call.context)
        for call in key_needed(calls, await stored.keys(request, calls, secret), place):
            self._authority.authorize(role_arn, call.action, call.resource, call.context)

    def _tell_missing(self, request: Request, role_arn: str) -> None:
        """AccessDenied instead of "no such key" for who may not list the bucket.

        AmazonS3/latest/API/API_GetObject.md, Permissions.
        """
        bucket, _, key = request.path.lstrip("/").partition("/")
        if key and request.method in {"GET", "HEAD"}:
            where = self._place.bucket_arn(bucket)
            self._authority.authorize(role_arn, "s3:ListBucket", where)

    def _running(self) -> tuple[Emulator, EcrGate, Stored]:
        if self._emulator is None or self._ecr is None or self._stored is None:
            value = "the gateway is not running"
            raise RehearsalError(value, "it answers between start and stop", "start it first")
        return self._emulator, self._ecr, self._stored


def _request(scope: Scope, body: bytes) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    signature = signature_of(headers, query)
    service = signature.service if signature else ""
    return Request(service, scope["method"], scope["path"], query, headers, body, signature)


def _for_the_emulator(scope: Scope, request: Request, emulator: Emulator) -> Scope:
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


def _identity(role_arn: str, account: str) -> Answer:
    """GetCallerIdentity of a role (STS/latest/APIReference/API_GetCallerIdentity.md)."""
    arn = session_arn(role_arn)
    result = (
        f"<Arn>{arn}</Arn><UserId>AROAREHEARSAL:{arn.rpartition('/')[2]}</UserId><Account>{account}</Account>"
    )
    body = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult>{result}</GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
    return Answer(_OK, {"content-type": "text/xml"}, body.encode())


def _answers(port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=_PATIENCE)
    try:
        connection.request("GET", HEALTH)
        status: int | str = connection.getresponse().status
    except OSError as problem:
        status = str(problem)
    finally:
        connection.close()
    if status != _OK:
        value = f"the emulator does not answer on {HOST}:{port} ({status})"
        raise RehearsalError(
            value, "it answers at once after its start", "run again; see its log when that repeats"
        )

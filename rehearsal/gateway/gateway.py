"""The one endpoint that the AWS CLI, SDKs and Docker talk to: who calls, what, may they; then the service asked for.

ASGI middleware around the emulator's own application, in this process. Services that no emulator offers ask
`rehearsal.identity.authority` themselves. Not here: what a request needs (`endpoint.permissions`), the decision (`identity`), what a service answers (each service's `api`).
"""

import http.client
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs

from documents.place import Place
from rehearsal.endpoint import partitions, refusals
from rehearsal.endpoint.asgi import HOST, Answer, Receive, Scope, Send, Server, read_body, replay
from rehearsal.endpoint.aside import aside
from rehearsal.endpoint.emulator import Emulator
from rehearsal.endpoint.emulator_lookups import Stored
from rehearsal.endpoint.emulator_requests import for_the_emulator
from rehearsal.endpoint.keys import key_needed
from rehearsal.endpoint.permissions import Underivable, needed
from rehearsal.endpoint.request import Request
from rehearsal.endpoint.service import Forward, Service
from rehearsal.endpoint.signature import signature_of
from rehearsal.errors import RehearsalError
from rehearsal.identity.authority import AccessDenied, Authority, UnknownAccessKey
from rehearsal.world.cloud import HERE

HEALTH = "/_ministack/health"
"""Path that answers without credentials once the gateway serves."""

_OK = 200
_PATIENCE = 10.0
"""Seconds given to the first answer, and to the handlers of pushes when the gateway stops."""


class Gateway:
    """The local cloud's endpoint; a context manager that is started inside."""

    def __init__(
        self,
        authority: Authority,
        services: Mapping[str, Service],
        *,
        place: Place = HERE,
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        """Authorize by `authority`, and let each of `services` answer, by signing name; others may follow (`answer_by`).

        `port` 0 takes a free one. `log` is a file for the emulator's warnings. Nothing is loaded before `start`.
        """
        self._authority = authority
        self._services = dict(services)
        self._place = place
        self._log = log
        self._server = Server(self._serve, "gateway", port)
        self._emulator: Emulator | None = None
        self._stored: Stored | None = None
        self.endpoint = ""
        """Where it answers, for example `http://127.0.0.1:40123`; empty before `start`."""

    def start(self) -> str:
        """Load the emulator, empty, and serve; answers the endpoint. RehearsalError says what stands in the way."""
        self._emulator = Emulator(self._place.account, self._place.region, self._log)
        self._stored = Stored(self._emulator, self._place)
        for service in self._services.values():
            service.begin(self._stored)
        try:
            port = self._server.start()
            self.endpoint = f"http://{HOST}:{port}"
            _answers(port)
        except BaseException:
            self.stop()
            raise
        return self.endpoint

    def answer_by(self, services: Mapping[str, Service]) -> None:
        """Let these services answer from now on, by signing name, instead of whoever did before."""
        stored = self._running()[1]
        for name, service in services.items():
            service.begin(stored)
            self._services[name] = service

    def stop(self) -> None:
        """Free the port and forget what was stored; harmless when nothing runs."""
        self._server.stop()
        for service in self._services.values() if self._stored is not None else ():
            service.end(_PATIENCE)
        if self._emulator is not None:
            self._emulator.close()
        self._emulator = self._stored = None
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
        emulator = self._running()[0]
        request = _request(scope, body)

        async def forward() -> Answer:
            return await self._emulated(for_the_emulator(scope, request, emulator), request, body)

        if request.signature is not None:
            return await self._signed(request, forward)
        if request.path == HEALTH:
            return await forward()
        for service in self._services.values():
            if service.speaks(request.path):
                return await service.unsigned(request, f"{self.endpoint}/", forward)
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
            service = self._services.get(request.service)
            if role_arn is not None:
                await self._authorize(request, role_arn, service)
            if service is None or not service.holds(request):
                return refusals.not_held(
                    request, service.held if service else ", ".join(sorted(self._services))
                )
            return await service.answer(request, role_arn, forward)
        except AccessDenied as denied:
            return refusals.access_denied(request, denied)
        except Underivable as reason:
            return refusals.underivable(reason)

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

    async def _authorize(self, request: Request, role_arn: str, service: Service | None) -> None:
        stored = self._running()[1]
        region = request.signature.region if request.signature else ""
        place = self._place.elsewhere(region=region)
        secret = await stored.secret(request) if request.service == "secretsmanager" else {}
        derive = service.needed if service is not None else needed
        # A rule may itself ask the endpoint, as UpdateService resolves the task definition that it names.
        calls = await aside(lambda: derive(request, place, secret.get("ARN")))
        for call in calls:
            self._authority.authorize(role_arn, call.action, call.resource, call.context)
        for call in key_needed(calls, await stored.keys(request, calls, secret), place):
            self._authority.authorize(role_arn, call.action, call.resource, call.context)

    def _running(self) -> tuple[Emulator, Stored]:
        if self._emulator is None or self._stored is None:
            raise RehearsalError(
                "the gateway is not running", "it answers between start and stop", "start it first"
            )
        return self._emulator, self._stored


def _request(scope: Scope, body: bytes) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    signature = signature_of(headers, query)
    service = signature.service if signature else ""
    return Request(service, scope["method"], scope["path"], query, headers, body, signature)


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
        raise RehearsalError(
            f"the emulator does not answer on {HOST}:{port} ({status})",
            "it answers at once after its start",
            "run again; see its log when that repeats",
        )

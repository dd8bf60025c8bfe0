"""The local cloud as the engine's `aws` provider: the plugin's gRPC service, answered in this process.

The engine attaches to it by `PULUMI_DEBUG_PROVIDERS=aws:PORT`. Secrets stay with the engine: it takes their wrappers off
before it asks and puts them on again after (`accept_secrets` is false), so nothing here can lose one.
"""

import functools
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from rehearsal.evaluation.resources import answer
from rehearsal.evaluation.values import from_struct, to_struct, unknown
from rehearsal.pulumi_engine.lifecycle import Lifecycle, check, diff, kind_of, planned, tagged
from rehearsal.world.cloud import Cloud

HOST = "127.0.0.1"
MESSAGE_BYTES = 400 * 1024 * 1024
"""Largest message, the engine's own limit."""

VERSION = version("pulumi-aws")
"""The SDK's; the engine asks for the plugin of the same version."""

_Method = TypeVar("_Method", bound=Callable[..., Any])


class Injected(Exception):
    """A resource could not be created, because a test wanted to see what happens then."""


def _answering(method: _Method) -> _Method:
    """Answer what a method raises as the provider's error, in its own words."""

    @functools.wraps(method)
    def answered(self: "Provider", request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except Exception as error:  # noqa: BLE001  (whatever it is, the engine must be told)
            context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")

    return answered  # pyright: ignore[reportReturnType]  (same parameters, by construction)


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """A running provider; a context manager that frees its port at the end."""

    def __init__(self, cloud: Cloud) -> None:
        """Answer for `cloud`; nothing listens before the context is entered."""
        self._cloud = cloud
        self._server: grpc.Server | None = None
        self._lock = threading.Lock()
        self._failing: dict[str, str] = {}
        self.default_tags: Mapping[str, str] = {}
        self.resources = Lifecycle(cloud)
        self.log: list[tuple[str, str]] = []
        """What was done: `creating`, `created`, `updated`, `deleting` or `deleted`, and the URN."""
        self.port = 0
        """Where it listens."""

    def __enter__(self) -> Self:
        """Listen on a free port of this machine only."""
        limits = [
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
        ]
        server = grpc.server(ThreadPoolExecutor(16, thread_name_prefix="provider"), options=limits)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(self, server)
        self.port = server.add_insecure_port(f"{HOST}:0")
        server.start()
        self._server = server
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        if self._server is not None:
            self._server.stop(grace=1).wait()
            self._server = None

    def fail_once(self, name: str, message: str) -> None:
        """Let the next creation of the resource with this Pulumi name fail with `message`."""
        with self._lock:
            self._failing[name] = message

    def _record(self, verb: str, urn: str) -> None:
        with self._lock:
            self.log.append((verb, urn))

    # What follows is the engine's interface: names and meaning are Pulumi's (proto/pulumi/provider.proto).

    def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:  # noqa: N802, ARG002, D102
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=False, accept_resources=False, accept_outputs=False
        )

    def Attach(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002, D102
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002, D102
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802, ARG002, D102
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: Any) -> provider_pb2.GetSchemaResponse:  # noqa: N802, ARG002, D102
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": "aws", "version": VERSION}))

    def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:  # noqa: N802, ARG002, D102
        return provider_pb2.CheckResponse(inputs=request.news)

    @_answering
    def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:  # noqa: N802, ARG002, D102
        olds, news = from_struct(request.old_inputs), from_struct(request.news)
        keys = sorted(key for key in {*olds, *news} - {"version"} if olds.get(key) != news.get(key))
        changes = provider_pb2.DiffResponse.DIFF_SOME if keys else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, diffs=keys)

    @_answering
    def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:  # noqa: N802, ARG002, D102
        self.default_tags = _default_tags(from_struct(request.args))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=False, supportsPreview=True, acceptResources=False
        )

    @_answering
    def Invoke(self, request: Any, context: Any) -> provider_pb2.InvokeResponse:  # noqa: N802, ARG002, D102
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(answer(self._cloud.place, request.tok)))
        return response

    @_answering
    def Check(self, request: Any, context: Any) -> provider_pb2.CheckResponse:  # noqa: N802, ARG002, D102
        news, seed = from_struct(request.news), request.randomSeed.hex() or request.urn
        inputs = check(kind_of(request.urn), request.name, from_struct(request.olds), news, seed)
        return provider_pb2.CheckResponse(inputs=to_struct(tagged(request.type, inputs, self.default_tags)))

    @_answering
    def Diff(self, request: Any, context: Any) -> provider_pb2.DiffResponse:  # noqa: N802, ARG002, D102
        change = diff(kind_of(request.urn), from_struct(request.old_inputs), from_struct(request.news))
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some if change.keys else none,
            diffs=sorted(change.keys),
            replaces=sorted(change.replacing),
            deleteBeforeReplace=change.delete_first,
        )

    @_answering
    def Create(self, request: Any, context: Any) -> provider_pb2.CreateResponse:  # noqa: N802, ARG002, D102
        inputs = from_struct(request.properties)
        if request.preview:  # what is not among the inputs is known only afterwards
            return provider_pb2.CreateResponse(properties=to_struct(planned({}, {}, inputs)))
        with self._lock:
            failure = self._failing.pop(request.name, None)
        if failure is not None:
            raise Injected(failure)
        if unknown(inputs):
            raise ValueError(f"{request.name} has inputs that are not known yet: {inputs}")
        self._record("creating", request.urn)
        resource_id, outputs = self.resources.create(request.urn, inputs)
        self._record("created", request.urn)
        return provider_pb2.CreateResponse(id=resource_id, properties=to_struct(outputs))

    @_answering
    def Read(self, request: Any, context: Any) -> provider_pb2.ReadResponse:  # noqa: N802, ARG002, D102
        there = self.resources.read(request.urn, request.id, from_struct(request.inputs))
        if there is None:  # an empty id says that it is gone
            return provider_pb2.ReadResponse()
        inputs, outputs = there
        return provider_pb2.ReadResponse(
            id=request.id, inputs=to_struct(inputs), properties=to_struct(outputs)
        )

    @_answering
    def Update(self, request: Any, context: Any) -> provider_pb2.UpdateResponse:  # noqa: N802, ARG002, D102
        olds, news = (from_struct(request.old_inputs), from_struct(request.olds)), from_struct(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=to_struct(planned(*olds, news)))
        outputs = self.resources.update(request.urn, request.id, olds, news)
        self._record("updated", request.urn)
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    @_answering
    def Delete(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002, D102
        self._record("deleting", request.urn)
        inputs, outputs = from_struct(request.old_inputs), from_struct(request.properties)
        self.resources.delete(request.urn, request.id, inputs, outputs)
        self._record("deleted", request.urn)
        return empty_pb2.Empty()


def _default_tags(configuration: Mapping[str, Any]) -> dict[str, str]:
    given = configuration.get("defaultTags") or {}
    parsed = json.loads(given) if isinstance(given, str) else given
    return dict(parsed.get("tags") or {})

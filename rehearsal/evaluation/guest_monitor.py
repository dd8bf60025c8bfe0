"""What answers a Pulumi program that runs in a process of its own: Pulumi's monitor, over gRPC on this machine's loopback.

What the delivery declares is made in the local cloud, or refused. Of what stands beside it, the local cloud takes the types that
it only keeps; everything else is named as not played, and what AWS would answer for it stays unknown, as in a preview.
"""

import functools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
from botocore.exceptions import ClientError
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from documents.place import Place
from rehearsal.errors import RehearsalError, StackError
from rehearsal.evaluation.kinds import KEPT
from rehearsal.evaluation.resources import CannotMake, UnknownType, answer, make
from rehearsal.evaluation.values import from_struct, to_struct, unknown
from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import InUse

HOST = "127.0.0.1"
STACK = "pulumi:pulumi:Stack"
OURS = "delivery:index:"
"""How the types of the delivery's components begin."""

FEATURES = {
    "secrets": resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    "transforms": resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    "invokeTransforms": resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
}
"""What the SDK hears of, by its older and its newer question; transforms too, so that they are refused in words of ours."""

REMEDY = "leave it out where the stack is rehearsed, for example by a value in the stack's file"

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _answering(method: _Method) -> _Method:
    """Keep what a method raises, which the SDK would wrap in words of its own, and end the program with it."""

    @functools.wraps(method)
    def answered(self: "GuestMonitor", request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except Exception as error:  # noqa: BLE001  (whatever it is, the program must be told)
            self.refused.append(error)
            context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")

    return answered  # pyright: ignore[reportReturnType]  (a method as gRPC calls it)


class GuestMonitor(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """A monitor for one evaluation; a context manager that frees its port at the end. Without a cloud it makes nothing."""

    def __init__(self, project: str, stack: str, place: Place, cloud: Cloud | None = None) -> None:
        """Answer for a stack of a project in an account and Region."""
        self._where = f"urn:pulumi:{stack}::{project}"
        self._place, self._cloud = place, cloud
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self.refused: list[Exception] = []
        """What was raised, in order; the first is why the program ended."""
        self.not_played: dict[str, list[str]] = {}
        """Types of resources beside the delivery that the rehearsal left alone, and their names."""
        self.told: list[str] = []
        """What the program logged."""

    def __enter__(self) -> Self:
        """Listen on a free port of this machine only."""
        self._server = grpc.server(ThreadPoolExecutor(16, thread_name_prefix="guest"))
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(self, self._server)
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"{HOST}:{self._server.add_insecure_port(f'{HOST}:0')}"
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.stop(grace=1).wait()

    def _urn(self, parent: str, type_: str, name: str) -> str:
        """The engine's URN, which no two resources of a stack share."""
        above = parent.split("::")[2] if parent else ""
        kind = type_ if above in ("", STACK) else f"{above}${type_}"
        urn = f"{self._where}::{kind}::{name}"
        with self._lock:
            if urn in self._seen:
                raise StackError(
                    urn,
                    "the program declares it twice, and the engine refuses that",
                    "name one of them otherwise; a program has one delivery",
                )
            self._seen.add(urn)
        return urn

    def _made(self, urn: str, request: Any) -> tuple[str, Mapping[str, Any]] | None:
        """Id and outputs of a resource; None where it is not played."""
        inputs, cloud = from_struct(request.object), self._cloud
        if OURS not in urn.split("::")[2]:
            return self._beside(urn, request, inputs)
        if cloud is None:
            return None
        if unknown(inputs) or request.provider:
            raise CannotMake(
                f"{request.type} ({request.name})",
                "the program gives it what only a resource that is not played knows, or a provider of its own",
                "let a rehearsal have the value from the stack's file",
            )
        made = make(cloud, urn, request.type, request.name, inputs)
        return made.id, made.outputs

    def _beside(
        self, urn: str, request: Any, inputs: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]] | None:
        """The same for a resource that is not the delivery's; what AWS refuses of it is refused here."""
        if self._cloud is None or request.type not in KEPT or unknown(inputs) or request.provider:
            return None
        try:
            made = make(self._cloud, urn, request.type, request.name, inputs)
        except RehearsalError as error:
            if isinstance(error.__cause__, InUse | ClientError):
                raise
            return None
        return made.id, made.outputs

    # What follows is the SDK's interface: names and meaning are Pulumi's (proto/pulumi/resource.proto and engine.proto).

    @_answering
    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        urn = self._urn(request.parent, request.type, request.name)
        answered = resource_pb2.RegisterResourceResponse(urn=urn)
        if request.type == STACK:
            return answered
        if request.transforms:
            raise UnknownType(
                f"{request.type} ({request.name})", "the rehearsal does not play transforms", REMEDY
            )
        if not request.custom and not request.remote:
            answered.object.CopyFrom(request.object)
            return answered
        made = self._made(urn, request)
        if made is None:
            answered.object.CopyFrom(request.object)
            self._leave(request.type, request.name)
        else:
            answered.id = made[0]
            answered.object.CopyFrom(to_struct(made[1]))
        return answered

    def _leave(self, type_: str, name: str) -> None:
        if not type_.startswith("pulumi:providers:"):
            with self._lock:
                self.not_played.setdefault(type_, []).append(name)

    @_answering
    def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        urn = self._urn(request.parent, request.type, request.name)
        self._leave(request.type, request.name)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=request.properties)

    @_answering
    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(answer(self._place, request.tok)))
        return response

    @_answering
    def Call(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        raise UnknownType(request.tok, "the rehearsal does not play methods of resources", REMEDY)

    @_answering
    def RegisterStackTransform(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        raise UnknownType("a stack's transform", "the rehearsal does not play transforms", REMEDY)

    @_answering
    def RegisterStackInvokeTransform(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        raise UnknownType("a stack's invoke transform", "the rehearsal does not play transforms", REMEDY)

    @_answering
    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    @_answering
    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return resource_pb2.DeploymentInfo(supportedFeatures=FEATURES.values())

    @_answering
    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return empty_pb2.Empty()

    @_answering
    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return empty_pb2.Empty()

    @_answering
    def Log(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        if request.severity != engine_pb2.DEBUG:
            self.told.append(request.message)
        return empty_pb2.Empty()

    @_answering
    def SetRootResource(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return engine_pb2.SetRootResourceResponse()

    @_answering
    def GetRootResource(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return engine_pb2.GetRootResourceResponse()

"""One process drives the engine many times, and every run's engine listens on a port of its own choice."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.automation import PulumiCommand
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS as CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from rehearsal.pulumi_engine.stack import engine_stack
from rehearsal.world.cloud import Cloud


class Engine(engine_pb2_grpc.EngineServicer):
    """As much of an engine as answers one call."""

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802  (the protocol's name)
        return empty_pb2.Empty()


def listening(port: int) -> tuple[grpc.Server, int]:
    server = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    got = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, got


def connected(port: int) -> engine_pb2_grpc.EngineStub:
    """As the SDK connects a program to its engine."""
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS))


def test_an_engine_on_the_port_of_one_that_is_gone_is_reached(cloud: Cloud, cli: PulumiCommand) -> None:
    """gRPC's channels share, by address, that a port refused a moment ago; a run's program must not inherit it."""
    said = engine_pb2.LogRequest(message="registering")
    with engine_stack(cloud, "stg", cli):
        first, port = listening(0)
        earlier = connected(port)
        earlier.Log(said)
        first.stop(grace=0).wait()
        with pytest.raises(grpc.RpcError, match="UNAVAILABLE"):
            earlier.Log(said)
        second, same = listening(port)
        try:
            assert same == port
            connected(port).Log(said)
        finally:
            second.stop(grace=0).wait()

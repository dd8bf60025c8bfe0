"""How services find each other by name: Service Connect (Amazon ECS Developer Guide, service-connect)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from documents.ranges import canonical
from settings.base import Group, Port


class Endpoint(Group):
    """A port of the container that other services reach by name."""

    name: str = Field(
        pattern=r"^[a-z0-9_][a-z0-9_-]{0,63}$", description="Name in the namespace, and of the port."
    )
    port: Port = Field(description="Port the container listens on.")
    client_port: Port | None = Field(
        default=None, description="Port that clients connect to; default: the container's."
    )
    dns_name: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9_.][a-z0-9_.-]{0,126}$",
        description="Name that clients connect to; default: `name`.namespace.",
    )
    app_protocol: Literal["http", "http2", "grpc"] | None = Field(
        default=None, description="What it speaks; default: any TCP. ECS never changes it."
    )


class ServiceConnect(Group):
    """A Cloud Map namespace whose endpoints the tasks reach, and those they offer in it."""

    namespace: str = Field(
        pattern=r"^(arn:aws[a-z-]*:servicediscovery:[a-z0-9-]+:[0-9]{12}:namespace/ns-[a-z0-9]{1,61}|[!-9;-~]{1,1024})$",
        description="Existing Cloud Map namespace, by name or ARN.",
    )
    endpoints: list[Endpoint] = Field(default=[], description="What is offered; none for a client only.")
    client_cidrs: list[Annotated[str, AfterValidator(canonical)]] = Field(
        default=[], description="Where clients run, as IPv4 ranges: they reach the endpoints' ports."
    )

    @model_validator(mode="after")
    def _each_once(self) -> "ServiceConnect":
        """Amazon ECS Developer Guide, service-connect-concepts-deploy: unique within a namespace."""
        taken: dict[str, list[object]] = {
            "name": [one.name for one in self.endpoints],
            "port": [one.port for one in self.endpoints],
            "dnsName and clientPort": [
                (one.dns_name or one.name, one.client_port or one.port) for one in self.endpoints
            ],
        }
        for what, values in taken.items():
            if twice := {str(one) for one in values if values.count(one) > 1}:
                raise ValueError(
                    f"two endpoints have the {what} {min(twice)} (Amazon ECS Developer Guide, service-connect-concepts-deploy): "
                    "give each its own"
                )
        return self

    @model_validator(mode="after")
    def _reachable(self) -> "ServiceConnect":
        if bool(self.endpoints) != bool(self.client_cidrs):
            raise ValueError(
                "endpoints and clientCidrs belong together: the tasks' security group lets nobody to a port of theirs that is not "
                "named (Amazon ECS Developer Guide, service-connect-concepts-deploy, Networking); give both or neither"
            )
        return self

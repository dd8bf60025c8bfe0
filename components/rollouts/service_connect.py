"""The names by which other services find one, as an ECS service takes them (Amazon ECS API Reference, ServiceConnectConfiguration)."""

from pulumi_aws import ecs

from components.kit.stack import Stack


def service_connect(stack: Stack, key: str) -> ecs.ServiceServiceConnectConfigurationArgsDict:
    """What the settings say of the service `key`; switched off where they say nothing.

    Left out, the provider would send nothing when it is taken away, and ECS would go on with it.
    """
    service = stack.settings.services[key]
    connect = service.service_connect
    if connect is None:
        return {"enabled": False}
    return {
        "enabled": True,
        "namespace": connect.namespace,
        "services": [
            {
                "port_name": one.name,
                "discovery_name": one.name,
                "client_alias": [{"port": one.client_port or one.port, "dns_name": one.dns_name}],
            }
            for one in connect.endpoints
        ],
        "log_configuration": {
            "log_driver": "awslogs",
            "options": {
                "awslogs-group": stack.names.log_group(key),
                "awslogs-region": stack.place.region,
                "awslogs-stream-prefix": "service-connect",
            },
        },
    }

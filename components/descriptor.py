"""One SSM parameter that says what there is, so that an operator needs nothing but AWS credentials and its name."""

from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi
from pulumi_aws import ssm

from components.json_text import json_text
from documents.limits import check_parameter
from documents.names import Names
from documents.place import Place
from settings import Settings

_GROWN_BY = "delivery:services (names, clusters and containers)"


class DescriptorArgs(TypedDict):
    """What the descriptor says."""

    names: Names
    content: Mapping[str, Any]
    """Values to publish, by name; outputs may stand anywhere in it, secrets nowhere."""


class Descriptor(pulumi.ComponentResource):
    """The stack's description of itself."""

    name: pulumi.Output[str]
    """Name of the SSM parameter."""

    def __init__(self, name: str, args: DescriptorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the parameter."""
        super().__init__("delivery:index:Descriptor", name, {}, opts)
        parameter = ssm.Parameter(
            f"{name}-parameter",
            name=args["names"].descriptor,
            description="What the delivery stack made, for its operators",
            type="String",
            tier="Intelligent-Tiering",  # several services are more than the 4 KB of a standard parameter
            value=json_text(
                args["content"], lambda text: check_parameter(args["names"].descriptor, text, _GROWN_BY)
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = parameter.name
        self.register_outputs({"name": self.name})


def describe(place: Place, settings: Settings, names: Names, made: Mapping[str, Any]) -> dict[str, Any]:
    """The descriptor's content; `made` holds what only the declared resources know."""
    return {
        "application": names.application,
        "stack": names.stack,
        "account": place.account,
        "region": place.region,
        "pipeline": made["pipeline"],
        "project": made["project"],
        "repository": settings.image.repository,
        "repositoryUrl": made["repository_url"],
        "pushRoleArn": made["push_role_arn"],
        "tag": settings.source.push.tag,
        "bucket": made["bucket"],
        "templatePrefix": made["template_prefix"],
        "undeliveredQueueUrl": made["undelivered_queue_url"],
        "services": {
            key: {
                "cluster": service.cluster,
                "service": names.service(key),
                "codeDeployApplication": names.service(key),
                "deploymentGroup": names.service(key),
                "container": service.container,
                "port": service.port,
                "listenerArn": made["listeners"][key],
                "url": made["urls"][key],
                "logGroup": names.log_group(key),
            }
            for key, service in settings.services.items()
        },
        "migrationLogGroup": names.log_group("migrate"),
    }

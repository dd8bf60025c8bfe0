"""One SSM parameter that says what there is, so that an operator needs nothing but AWS credentials and its name."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import ssm

from components.kit.json_text import json_text
from components.kit.stack import Stack
from documents.descriptor import StackDescriptor
from documents.limits import check_parameter

_GROWN_BY = "delivery:services (names, clusters and containers)"


@dataclass(frozen=True, kw_only=True)
class DescriptorArgs:
    """What the descriptor says."""

    stack: Stack
    content: StackDescriptor[Any]
    """Outputs may stand in it, secrets nowhere."""


class Descriptor(pulumi.ComponentResource):
    """The stack's description of itself."""

    name: pulumi.Output[str]
    """Name of the SSM parameter."""

    def __init__(self, name: str, args: DescriptorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the parameter."""
        super().__init__("delivery:index:Descriptor", name, {}, opts)
        physical = args.stack.names.descriptor
        parameter = ssm.Parameter(
            f"{name}-parameter",
            name=physical,
            description="What the delivery stack made, for its operators",
            type="String",
            tier="Intelligent-Tiering",  # several services are more than the 4 KB of a standard parameter
            value=json_text(args.content.document(), lambda text: check_parameter(physical, text, _GROWN_BY)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = parameter.name
        self.register_outputs({"name": self.name})

"""SSM parameters: real ones."""

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn


def _parameter(cloud: Cloud, inputs: Inputs) -> Made:
    name = str(inputs["name"])
    answer = cloud.client("ssm").put_parameter(
        Name=name, Value=inputs["value"], Type=inputs["type"], Overwrite=True
    )
    return name, {"arn": arn(cloud, "ssm", f"parameter{name}"), "version": answer["Version"]}


def _remove_parameter(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    cloud.client("ssm").delete_parameter(Name=resource_id)


KINDS = {
    "aws:ssm/parameter:Parameter": Kind(
        _parameter, _remove_parameter, longest=2048, replaced_by=frozenset({"name"})
    )
}

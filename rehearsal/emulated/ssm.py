"""SSM parameters: real ones."""

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn, refuse_taken


def _parameter(cloud: Cloud, inputs: Inputs) -> Made:
    name = str(inputs["name"])
    answer = cloud.client("ssm").put_parameter(
        Name=name, Value=inputs["value"], Type=inputs["type"], Overwrite=True
    )
    return name, {"arn": arn(cloud, "ssm", f"parameter{name}"), "version": answer["Version"]}


def _remove_parameter(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    cloud.client("ssm").delete_parameter(Name=resource_id)


PARAMETER = "aws:ssm/parameter:Parameter"

KINDS = {
    PARAMETER: Kind(
        _parameter,
        _remove_parameter,
        longest=2048,
        # API_PutParameter, Overwrite: the provider asks for it only when it changes its own.
        refuse=refuse_taken(PARAMETER, "ParameterAlreadyExists: The parameter already exists: {name}"),
        replaced_by=frozenset({"name"}),
    )
}

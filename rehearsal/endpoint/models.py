"""The models of AWS's APIs that botocore brings, each loaded when it is first asked for: no rehearsal waits for them at its start."""

from functools import cache
from typing import Any

Model = Any
"""A botocore ServiceModel."""
Operation = Any
"""A botocore OperationModel."""
Shape = Any
"""A botocore Shape."""


@cache
def model_of(service: str) -> Model:
    """The newest model of a service, by botocore's own name of it, such as `elbv2`."""
    from botocore.loaders import Loader  # noqa: PLC0415  (a start that answers none of our own services loads none of it)
    from botocore.model import ServiceModel  # noqa: PLC0415

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def operations_of(service: str) -> dict[str, str]:
    """The API's operations: by the name of their method in Python the name on the wire."""
    from botocore import xform_name  # noqa: PLC0415

    return {xform_name(name): name for name in model_of(service).operation_names}

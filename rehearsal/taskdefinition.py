"""Task definition templates: the file that a CodeDeployToECS action registers.

The file is the input of RegisterTaskDefinition (AmazonECS/latest/APIReference/API_RegisterTaskDefinition), with
placeholders such as `<IMAGE1_NAME>` as values of `image` fields
(codepipeline/latest/userguide/action-reference-ECSbluegreen, "Input artifacts").
"""

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

DESCRIBED_ONLY = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
    }
)
"""Keys that DescribeTaskDefinition answers and RegisterTaskDefinition does not take."""


class TemplateError(Exception):
    """A template can't be used; the text is one sentence for whoever wrote the template."""


def filled(text: str, images: Mapping[str, str]) -> dict[str, Any]:
    """Parse a template and put image references in place of their placeholders.

    `images` maps a placeholder's name without brackets (`Image1ContainerName`) to an image reference. Every one of
    them must be the value of some `image` field, and no placeholder may be left. Raises TemplateError.
    """
    definition = _parsed(text)
    found: set[str] = set()
    for container in definition["containerDefinitions"]:
        name = _placeholder(container.get("image"))
        if name is None:
            continue
        if name not in images:
            message = (
                f"the image <{name}> of container {container.get('name')!r} is a placeholder that no "
                f"Image<N>ContainerName of the action names; the action fills {sorted(images)}"
            )
            raise TemplateError(message)
        container["image"] = images[name]
        found.add(name)
    if missing := sorted(set(images) - found):
        message = (
            f"the placeholder <{missing[0]}> is the image of no container; "
            'write "image": "<' + missing[0] + '>" in the task definition or drop that image from the action'
        )
        raise TemplateError(message)
    check(definition)
    return definition


def check(definition: Mapping[str, Any]) -> None:
    """Refuse what RegisterTaskDefinition would refuse by shape: unknown keys, wrong types, unknown enum values."""
    if described := sorted(DESCRIBED_ONLY & set(definition)):
        message = (
            f"the keys {described} are answers of DescribeTaskDefinition that RegisterTaskDefinition does not take: "
            "remove them"
        )
        raise TemplateError(message)
    shape = _input_shape()
    unknown = _unknown_keys(definition, shape, "")
    report = str(ParamValidator().validate(dict(definition), shape).generate_report())
    problems = [line for line in [*unknown, *report.splitlines()] if line]
    problems += _bad_values(definition, shape, "")
    if problems:
        message = f"the task definition is no valid input of RegisterTaskDefinition: {'; '.join(problems)}"
        raise TemplateError(message)


def container(definition: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Find a container definition by name."""
    for candidate in definition.get("containerDefinitions", ()):
        if candidate.get("name") == name:
            return candidate
    return None


def ports(definition: Mapping[str, Any]) -> list[int]:
    """List the container ports a container definition declares."""
    return [int(mapping["containerPort"]) for mapping in definition.get("portMappings") or ()]


def architecture(definition: Mapping[str, Any]) -> str:
    """Name the CPU architecture as images do: `arm64`, or `amd64`, which Fargate takes when none is declared."""
    declared = (definition.get("runtimePlatform") or {}).get("cpuArchitecture") or "X86_64"
    return "arm64" if declared == "ARM64" else "amd64"


def _parsed(text: str) -> dict[str, Any]:
    try:
        definition: Any = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"the task definition is not JSON: {error}"
        raise TemplateError(message) from None
    if not isinstance(definition, dict) or not isinstance(definition.get("containerDefinitions"), list):  # pyright: ignore[reportUnknownMemberType]
        message = "the task definition is not a JSON object with a list of containerDefinitions"
        raise TemplateError(message)
    return copy.deepcopy(definition)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _placeholder(image: Any) -> str | None:
    match = re.fullmatch(r"<([^<>]+)>", image) if isinstance(image, str) else None
    return match[1] if match else None


def _input_shape() -> StructureShape:
    model = botocore.session.get_session().get_service_model("ecs")
    return model.operation_model("RegisterTaskDefinition").input_shape


def _unknown_keys(value: Any, shape: Shape, path: str) -> list[str]:
    """Name keys the API has not; botocore's validator only looks for them at the top."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        found = [f"unknown key {path}{key}" for key in value if key not in shape.members]
        for key, member in shape.members.items():
            found += _unknown_keys(value.get(key), member, f"{path}{key}.") if key in value else []
        return found
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [
            line
            for i, item in enumerate(value)
            for line in _unknown_keys(item, shape.member, f"{path[:-1]}[{i}].")
        ]
    return []


def _bad_values(value: Any, shape: Shape, path: str) -> list[str]:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        parts = (
            (value[key], member, f"{path}.{key}") for key, member in shape.members.items() if key in value
        )
    elif isinstance(shape, ListShape) and isinstance(value, list):
        parts = ((item, shape.member, f"{path}[{i}]") for i, item in enumerate(value))
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        parts = ((item, shape.value, f"{path}.{key}") for key, item in value.items())
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        return [f"{path[1:]} is {value!r}, not one of {list(shape.enum)}"]
    else:
        return []
    return [line for part in parts for line in _bad_values(*part)]

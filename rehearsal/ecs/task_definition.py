"""Task definition templates: the file that a CodeDeployToECS action registers.

The file is the input of RegisterTaskDefinition (AmazonECS/latest/APIReference/API_RegisterTaskDefinition),
with placeholders such as `<IMAGE1_NAME>` as values of `image` fields
(codepipeline/latest/userguide/action-reference-ECSbluegreen, "Input artifacts").
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from documents.limits import LimitError, check_task_definition
from documents.shapes import findings
from rehearsal.ecs import fargate
from rehearsal.world.declared_blocks import block, blocks

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

    `images` maps a placeholder's name without brackets (`Image1ContainerName`) to an image reference. Every
    one of them must be the value of some `image` field, and no placeholder may be left. Raises
    TemplateError.
    """
    definition = _parsed(text)
    found: set[str] = set()
    for container in definition["containerDefinitions"]:
        name = _placeholder(container.get("image"))
        if name is None:
            continue
        if name not in images:
            raise TemplateError(
                f"the image <{name}> of container {container.get('name')!r} is a placeholder that no "
                f"Image<N>ContainerName of the action names; the action fills {sorted(images)}"
            )
        container["image"] = images[name]
        found.add(name)
    if missing := sorted(set(images) - found):
        raise TemplateError(
            f"the placeholder <{missing[0]}> is the image of no container; "
            'write "image": "<' + missing[0] + '>" in the task definition or drop that image from the action'
        )
    check(definition)
    return definition


def check(definition: Mapping[str, Any]) -> None:
    """Refuse what RegisterTaskDefinition refuses by shape: unknown keys, wrong types, unknown enum values."""
    if described := sorted(DESCRIBED_ONLY & set(definition)):
        raise TemplateError(
            f"the keys {described} are answers of DescribeTaskDefinition that RegisterTaskDefinition "
            "does not take: remove them"
        )
    problems = findings("ecs", "RegisterTaskDefinition", definition)
    try:
        check_task_definition(definition, "RegisterTaskDefinition")
    except LimitError as error:
        raise TemplateError(str(error)) from None
    if problems:
        raise TemplateError(
            f"the task definition is no valid input of RegisterTaskDefinition: {'; '.join(problems)}"
        )
    if refused := fargate.refusals(definition):
        raise TemplateError("; ".join(refused))


def container(definition: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Find a container definition by name."""
    for candidate in blocks(definition.get("containerDefinitions")):
        if candidate.get("name") == name:
            return candidate
    return None


def ports(definition: Mapping[str, Any]) -> list[int]:
    """List the container ports a container definition declares."""
    return [int(mapping["containerPort"]) for mapping in blocks(definition.get("portMappings"))]


def architecture(definition: Mapping[str, Any]) -> str:
    """Name the CPU architecture as images do: `arm64`, or `amd64`, Fargate's own when none is declared."""
    declared = block(definition.get("runtimePlatform")).get("cpuArchitecture") or "X86_64"
    return "arm64" if declared == "ARM64" else "amd64"


def _parsed(text: str) -> dict[str, Any]:
    try:
        definition: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise TemplateError(f"the task definition is not JSON: {error}") from None
    try:
        containers: Any = definition["containerDefinitions"]
        named = [container["name"] for container in containers]
    except (KeyError, TypeError, IndexError):
        named = []
    if not named:
        raise TemplateError(
            "the task definition is not a JSON object with a list of containerDefinitions, each with a name"
        )
    return definition


def _placeholder(image: Any) -> str | None:
    match = re.fullmatch(r"<([^<>]+)>", image) if isinstance(image, str) else None
    return match[1] if match else None

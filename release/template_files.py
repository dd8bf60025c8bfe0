"""Whether the files that the deployments read are there and fit the stack."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from documents.descriptor import ServiceDescriptor
from documents.limits import TASK_DEFINITION
from documents.nested import is_list, is_map, within
from documents.taskdef import pushed_image
from documents.templates import TASK_DEFINITION_PLACEHOLDER, appspec_file, taskdef_file
from release.findings import Finding, Refusal
from release.subject import Subject


@dataclass(frozen=True)
class Read:
    """What was read, and what is wrong with it."""

    definitions: Mapping[str, Mapping[str, Any]]
    """Task definition templates by their services, those that are JSON."""
    findings: tuple[Finding, ...]

    @property
    def architectures(self) -> set[str]:
        """CPU architectures of the tasks; ECS's own default where none is said (Amazon ECS API Reference, RuntimePlatform)."""
        said = [within(one, "runtimePlatform") for one in self.definitions.values()]
        return {str(platform.get("cpuArchitecture") or "X86_64") for platform in said}


def read(subject: Subject) -> Read:
    """The files of every service: a task definition, and an AppSpec where CodeDeploy moves the traffic."""
    texts = _texts(subject)
    definitions: dict[str, Mapping[str, Any]] = {}
    findings: list[Finding] = []
    for name, service in subject.stack.services.items():
        for file in _files(name, service):
            if not texts.get(file, "").strip():
                found = "it is empty" if file in texts else "it is not there"
                findings.append(_refused(subject, file, found))
        definition = object_of(texts.get(taskdef_file(name), ""))
        if definition is not None:
            definitions[name] = definition
        if texts.get(taskdef_file(name), "").strip():
            findings += [
                _refused(subject, taskdef_file(name), one)
                for one in _unfit_definition(definition, service, subject)
            ]
        if service.deployment is not None and texts.get(appspec_file(name), "").strip():
            findings += [
                _refused(subject, appspec_file(name), one)
                for one in _unfit_appspec(texts[appspec_file(name)], service)
            ]
    return Read(definitions, tuple(findings))


def _files(name: str, service: ServiceDescriptor[str]) -> list[str]:
    return [taskdef_file(name), *([appspec_file(name)] if service.deployment is not None else [])]


def containers_of(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The containers of a template, whatever else stands in their place."""
    said = definition.get("containerDefinitions")
    return [one for one in said if is_map(one)] if is_list(said) else []


def object_of(text: str) -> Mapping[str, Any] | None:
    """The JSON object in a template; None for anything else."""
    try:
        said = json.loads(text)
    except ValueError:
        return None
    return said if is_map(said) else None


def _texts(subject: Subject) -> dict[str, str]:
    """Every file of the stack's version by its name.

    Listed first: asked for one that is not there, S3 answers differently to who may list under a prefix only.
    """
    s3, bucket, prefix = subject.aws.client("s3"), subject.stack.bucket, f"{subject.stack.template_prefix}/"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())
    return {
        str(one["Key"]).removeprefix(prefix): s3.get_object(Bucket=bucket, Key=one["Key"])["Body"]
        .read()
        .decode(errors="replace")
        for one in listed
    }


def _unfit_definition(
    definition: Mapping[str, Any] | None, service: ServiceDescriptor[str], subject: Subject
) -> Iterator[str]:
    """What CodeDeployToECS or ECS would refuse (CodePipeline User Guide, action-reference-ECSbluegreen)."""
    if definition is None:
        yield "it is no JSON object"
        return
    images = {str(one.get("name")): str(one.get("image")) for one in containers_of(definition)}
    if service.container not in images:
        yield f"it has no container {service.container}, which runs the pushed image"
    elif images[service.container] != pushed_image():
        yield f"its container {service.container} has the image {images[service.container]!r} in place of {pushed_image()}"
    filled = json.dumps(definition, separators=(",", ":")).replace(pushed_image(), subject.image)
    size = len(filled.encode())
    if size > TASK_DEFINITION.most:
        yield f"with the image in it, it has {size} bytes, and ECS takes {TASK_DEFINITION.most}"


def _unfit_appspec(text: str, service: ServiceDescriptor[str]) -> Iterator[str]:
    """What CodeDeploy would refuse (CodeDeploy User Guide, reference-appspec-file-structure-resources).

    Lambda's runtime has nothing that reads YAML, and two scalars and a placeholder need nothing.
    """
    if TASK_DEFINITION_PLACEHOLDER not in text:
        yield f"it has no {TASK_DEFINITION_PLACEHOLDER}, in whose place the new revision is put"
    for key, expected in (("ContainerName", service.container), ("ContainerPort", str(service.port))):
        said = re.search(rf"""["']?{key}["']?\s*:\s*["']?([^\s"',}}]+)""", text)
        if said is None:
            yield f"it has no {key}"
        elif said[1] != expected:
            yield f"its {key} is {said[1]}, and the stack's is {expected}"


def _refused(subject: Subject, file: str, rule: str) -> Refusal:
    where = f"s3://{subject.stack.bucket}/{subject.stack.template_prefix}"
    remedy = "run pulumi up to write it again (with --refresh when it was changed by hand), then start the release again"
    return Refusal(f"template {where}/{file}", rule, f"{remedy}; nothing was migrated", "ConfigurationError")

"""The revision of a service's task definition that one release registers, and finds again however often it is asked.

RegisterTaskDefinition has no token that would make a second call harmless (Amazon ECS API Reference), so a tag says which
release a revision is of, what it was made from, and which image stands in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from documents.descriptor import ServiceDescriptor
from documents.taskdef import pushed_image
from documents.templates import taskdef_file
from release.aws import code_of
from release.findings import RefusedError
from release.job import RolloutOrder
from release.subject import Subject
from release.template_files import containers_of, object_of

TAG = "delivery:release"
"""Key of the tag. Its value has the characters that tags take (Amazon ECS Developer Guide, ecs-using-tags)."""


@dataclass(frozen=True)
class Revisions:
    """The revisions of one service."""

    subject: Subject
    order: RolloutOrder
    service: ServiceDescriptor[str]

    @cached_property
    def definition(self) -> Mapping[str, Any]:
        """What this release registers; RefusedError when the template cannot be filled."""
        template = self._template()
        containers = containers_of(template)
        pushed = {one.get("name") for one in containers if one.get("image") == pushed_image()}
        if self.service.container not in pushed:
            raise self._refused(f"its container {self.service.container} has no image {pushed_image()}")
        filled = [
            {**one, "image": self.subject.image} if one.get("name") in pushed else one for one in containers
        ]
        kept = [one for one in template.get("tags") or () if one.get("key") != TAG]
        return {**template, "containerDefinitions": filled, "tags": [*kept, {"key": TAG, "value": self._tag}]}

    def found(self, *candidates: str) -> str:
        """ARN of this release's revision; empty while there is none.

        It is the family's latest one, or, when somebody has registered another since, one of these that the service has.
        """
        for one in dict.fromkeys((str(self.definition.get("family")), *candidates)):
            arn = self._ours(one)
            if arn:
                return arn
        return ""

    def _ours(self, named: str) -> str:
        ecs = self.subject.aws.client("ecs")
        try:
            answer = ecs.describe_task_definition(taskDefinition=named, include=["TAGS"])
        except ClientError as error:
            if code_of(error) != "ClientException":  # a family without an active revision
                raise
            return ""
        tags = {str(one.get("key")): one.get("value") for one in answer.get("tags") or ()}
        return str(answer["taskDefinition"]["taskDefinitionArn"]) if tags.get(TAG) == self._tag else ""

    def registered(self) -> str:
        """ARN of a new revision: the template of this execution's version, with the released image in it."""
        answer = self.subject.aws.client("ecs").register_task_definition(**self.definition)
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    @property
    def _tag(self) -> str:
        return f"{self.order.execution}/{self.order.templates}/{self.order.digest}"

    def _template(self) -> Mapping[str, Any]:
        s3, bucket, key = self.subject.aws.client("s3"), self.subject.stack.bucket, self._key
        # Listed first: asked for one that is not there, S3 answers differently to who may list under a prefix only.
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", ())
        if not any(one["Key"] == key for one in listed):
            raise self._refused("it is not there")
        template = object_of(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(errors="replace"))
        if template is None:
            raise self._refused("it is no JSON object")
        return template

    @property
    def _key(self) -> str:
        versions = self.subject.stack.template_prefix.rpartition("/")[0]
        return f"{versions}/{self.order.templates}/{taskdef_file(self.order.service)}"

    def _refused(self, rule: str) -> RefusedError:
        return RefusedError(
            f"template s3://{self.subject.stack.bucket}/{self._key}",
            rule,
            "run pulumi up to write it again (with --refresh when it was changed by hand), then start the release again; "
            f"{self.service.service} was not touched",
            "ConfigurationError",
        )

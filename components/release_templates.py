"""The task definition and AppSpec templates of all services, in S3 under a prefix that names their version."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
from pulumi_aws import s3

from documents.names import TEMPLATES
from documents.templates import version


class ReleaseTemplatesArgs(TypedDict):
    """What the templates need to know."""

    bucket: pulumi.Input[str]
    """Bucket the templates lie in."""
    files: Mapping[str, pulumi.Input[str]]
    """Text of each file by its name; the names are known at preview."""


class ReleaseTemplates(pulumi.ComponentResource):
    """One version of all templates, content-addressed: a run always fetches files that belong together.

    Earlier versions stay in the bucket, for executions that began with them.
    """

    version: pulumi.Output[str]
    """Name of this version: 16 hexadecimal digits made from the content."""
    prefix: pulumi.Output[str]
    """Key prefix of this version's files; known only once they are there."""

    def __init__(
        self, name: str, args: ReleaseTemplatesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare one object for each file."""
        super().__init__("delivery:index:ReleaseTemplates", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        files = pulumi.Output.all(**args["files"])
        self.version = files.apply(version)
        written = [
            s3.BucketObjectv2(
                f"{name}-{file}",
                bucket=args["bucket"],
                key=pulumi.Output.concat(TEMPLATES, "/", self.version, "/", file),
                content=content,
                content_type="application/json" if file.endswith(".json") else "application/yaml",
                opts=inside,
            )
            for file, content in args["files"].items()
        ]
        self.prefix = pulumi.Output.all(*(one.key for one in written)).apply(_prefix)
        self.register_outputs({"version": self.version, "prefix": self.prefix})


def _prefix(keys: list[str]) -> str:
    return keys[0].rpartition("/")[0]

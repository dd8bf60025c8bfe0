"""The templates of all services, in S3 under a prefix that names their version, and what fetches them from there."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import s3

from documents import artifact_grants
from documents.errands import Errand
from documents.names import TEMPLATES
from documents.templates import version


@dataclass(frozen=True, kw_only=True)
class ReleaseTemplatesArgs:
    """What the templates need to know."""

    bucket: pulumi.Input[str]
    """Name of the bucket the templates lie in."""
    bucket_arn: pulumi.Input[str]
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
    errand: Errand
    """What the release's build does to bring them into the pipeline."""

    def __init__(
        self, name: str, args: ReleaseTemplatesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare one object for each file."""
        super().__init__("delivery:index:ReleaseTemplates", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        files = pulumi.Output.all(**args.files)
        self.version = files.apply(version)
        written = [
            s3.BucketObjectv2(
                f"{name}-{file}",
                bucket=args.bucket,
                key=pulumi.Output.concat(TEMPLATES, "/", self.version, "/", file),
                content=content,
                content_type="application/json" if file.endswith(".json") else "application/yaml",
                opts=inside,
            )
            for file, content in args.files.items()
        ]
        self.prefix = pulumi.Output.all(*(one.key for one in written)).apply(_prefix)
        self.errand = self._errand(args)
        self.register_outputs({"version": self.version, "prefix": self.prefix})

    def _errand(self, args: ReleaseTemplatesArgs) -> Errand:
        objects = pulumi.Output.concat(args.bucket_arn, "/", TEMPLATES, "/*")
        return Errand(
            variables={
                "DELIVERY_TEMPLATES": pulumi.Output.concat("s3://", args.bucket, "/", self.prefix, "/"),
                "DELIVERY_TEMPLATE_FILES": " ".join(args.files),
                "DELIVERY_TEMPLATE_VERSION": self.version,
            },
            needs=artifact_grants.read_templates(args.bucket_arn, objects, TEMPLATES),
            artifact="ReleaseArtifact",
        )


def _prefix(keys: list[str]) -> str:
    return keys[0].rpartition("/")[0]

"""The pipeline: the stages it is given, and a role that may do what their actions need."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import codepipeline

from components.kit.role import granted_role
from components.kit.stack import Stack
from components.kit.stages import stage_args, variable_args
from documents.actions import Stage, Store, needs_of, variables_of
from documents.policy import merged, trust


@dataclass(frozen=True, kw_only=True)
class DeliveryPipelineArgs:
    """What the pipeline needs to know."""

    stack: Stack
    stages: Sequence[Stage]
    """What it does, in order."""
    store: Store
    """Where its artifacts are."""


class DeliveryPipeline(pulumi.ComponentResource):
    """A V2 pipeline that releases one digest at a time."""

    name: pulumi.Output[str]
    """Name of the pipeline."""
    arn: pulumi.Output[str]
    """ARN of the pipeline."""

    def __init__(
        self, name: str, args: DeliveryPipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the pipeline and its role."""
        super().__init__("delivery:index:DeliveryPipeline", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        names = args.stack.names
        needs = merged([*args.store.needs, *needs_of(args.stages)])
        role = granted_role(name, names.pipeline_role, trust("codepipeline.amazonaws.com"), needs, inside)
        pipeline = codepipeline.Pipeline(
            f"{name}-pipeline",
            name=names.pipeline,
            pipeline_type="V2",
            execution_mode=args.stack.settings.release.mode,
            role_arn=role.arn,
            artifact_stores=[_store(args.store)],
            variables=variable_args(variables_of(args.stages)),
            stages=[stage_args(stage) for stage in args.stages],
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=role.policies)),
        )
        self.name = pipeline.name
        self.arn = pipeline.arn
        self.register_outputs({"name": self.name, "arn": self.arn})


def _store(store: Store) -> codepipeline.PipelineArtifactStoreArgsDict:
    args: codepipeline.PipelineArtifactStoreArgsDict = {"type": "S3", "location": store.bucket}
    if store.key_arn:
        args["encryption_key"] = {"type": "KMS", "id": store.key_arn}
    return args

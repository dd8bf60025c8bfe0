"""Variables of the pipeline: what whoever starts a release may set."""

from documents.actions import Variable

TRIGGER = Variable(
    name="TRIGGER",
    default="chosen",
    meaning="push when a push started this release, chosen when a person did",
)

MIGRATE = Variable(name="MIGRATE", default="run", meaning="run, or skip to release without migrating")

EXECUTION = "#{codepipeline.PipelineExecutionId}"
"""How an action's configuration reads which execution it is of (CodePipeline User Guide, reference-variables)."""

"""What a caller of CodePipeline's API needs.

AWS document: service-authorization/latest/reference/list_awscodepipeline.md: a pipeline's ARN ends in its name, a stage's in
`<pipeline>/<stage>`, an action's in `<pipeline>/<stage>/<action>`.
"""

from documents.place import Place
from rehearsal.endpoint.permissions import Needed, on
from rehearsal.endpoint.request import Request


def on_pipeline(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the pipeline."""
    return _on(request, place, "pipelineName" if "pipelineName" in request.document else "name")


def on_stage(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the stage."""
    return _on(request, place, "pipelineName", "stageName")


def on_action(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the action."""
    return _on(request, place, "pipelineName", "stageName", "actionName")


def _on(request: Request, place: Place, *names: str) -> list[Needed]:
    return on(request, place.arn("codepipeline", "/".join(str(request.document[name]) for name in names)))

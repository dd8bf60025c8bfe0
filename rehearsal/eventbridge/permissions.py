"""What a caller of EventBridge's API needs.

AWS document: service-authorization/latest/reference/list_amazoneventbridge.md.
"""

from documents.place import Place
from rehearsal.endpoint.permissions import Needed, on
from rehearsal.endpoint.request import Request


def on_rule(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the rule, on the default bus."""
    name = request.document.get("Name") or request.document.get("Rule")
    return on(request, place.arn("events", f"rule/{name}"))


def on_bus(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the bus of each entry, told its source and detail type."""
    found: list[Needed] = []
    for entry in request.document["Entries"]:
        bus = str(entry.get("EventBusName") or "default")
        arn = bus if bus.startswith("arn:") else place.arn("events", f"event-bus/{bus}")
        context = {
            "events:source": str(entry.get("Source") or ""),
            "events:detail-type": str(entry.get("DetailType") or ""),
            "events:eventBusInvocation": "false",
        }
        found += on(request, arn, context)
    return found

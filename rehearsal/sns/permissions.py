"""What a caller of SNS's API needs.

AWS document: service-authorization/latest/reference/list_amazonsns.md.
"""

from documents.place import Place
from rehearsal.endpoint.permissions import Needed, on
from rehearsal.endpoint.request import Request


def on_topic(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the topic."""
    del place
    asked = request.document
    return on(request, str(asked.get("TopicArn") or asked.get("TargetArn") or "*"))

"""What a caller of Elastic Load Balancing's API needs.

AWS document: service-authorization/latest/reference/list_elasticloadbalancingv2: what describes knows no resource.
"""

from documents.place import Place
from rehearsal.endpoint.permissions import Needed, on
from rehearsal.endpoint.request import Request


def on_listener(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the listener."""
    del place
    return on(request, str(request.document["ListenerArn"]))

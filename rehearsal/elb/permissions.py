"""What a caller of Elastic Load Balancing's API needs.

AWS document: service-authorization/latest/reference/list_elasticloadbalancingv2: what describes knows no resource; a rule is changed
by its own ARN, and made on its listener's.
"""

from documents.place import Place
from rehearsal.endpoint.permissions import Needed, on, on_each
from rehearsal.endpoint.request import Request


def on_listener(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the listener."""
    del place
    return on(request, str(request.document["ListenerArn"]))


def on_rule(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the rule."""
    del place
    return on(request, str(request.document["RuleArn"]))


def on_rules(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on each rule that gets a priority."""
    del place
    return on_each(request, [str(one.get("RuleArn")) for one in request.document["RulePriorities"]])

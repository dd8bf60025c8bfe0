"""What a caller of CloudWatch's API needs.

AWS document: service-authorization/latest/reference/list_amazoncloudwatch.md.
"""

from documents.place import Place
from rehearsal.endpoint.permissions import Needed, on, on_each
from rehearsal.endpoint.request import Request


def on_alarm(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the alarm."""
    return on(request, place.arn("cloudwatch", f"alarm:{request.document['AlarmName']}"))


def on_alarms(request: Request, place: Place) -> list[Needed]:
    """The same on each alarm that is named; on all of the account where the request names none."""
    names: list[str] = request.document.get("AlarmNames") or []
    arns = [place.arn("cloudwatch", f"alarm:{name}") for name in names]
    return on_each(request, arns, place.arn("cloudwatch", "alarm:*"))

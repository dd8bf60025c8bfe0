"""Registries of other accounts, which a call of ECR's may name: nobody from here may enter one.

AWS documents: AmazonECR/latest/APIReference, `registryId` and `resourceArn` of each operation;
AmazonECR/latest/userguide/repository-policies.md (a caller of another account needs the repository's own policy, which is not
known here); IAM/latest/UserGuide/troubleshoot_access-denied.md (the text).
"""

import re

from documents.place import Place
from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.operations import caller_arn
from rehearsal.endpoint.permissions import Needed, needed
from rehearsal.endpoint.refusals import json_error
from rehearsal.endpoint.request import Request
from rehearsal.identity.authority import AccessDenied

_ACCOUNT = "[0-9]{12}"
_PLACE_OF_ACCOUNT = 4
"""In an ARN, between its colons."""


def account_of(request: Request, place: Place) -> str:
    """The account whose registry a call is about; the caller's own where it names none."""
    asked = request.document
    arn = str(asked.get("resourceArn", "")).split(":")
    of_arn = arn[_PLACE_OF_ACCOUNT] if len(arn) > _PLACE_OF_ACCOUNT else place.account
    return str(asked.get("registryId", of_arn))


def needed_there(request: Request, place: Place) -> list[Needed]:
    """What a caller's own policies must allow, on the repositories of the registry that the call is about."""
    return needed(request, place.elsewhere(account=account_of(request, place)))


def refused_there(request: Request, role_arn: str | None, place: Place) -> Answer | None:
    """The answer to a call about a registry that is none; AccessDenied for another account's, None for the caller's own."""
    account = account_of(request, place)
    if account == place.account:
        return None
    if not re.fullmatch(_ACCOUNT, account):
        rule = f"'must satisfy regular expression '{_ACCOUNT}''"
        text = f"Invalid parameter at 'registryId' failed to satisfy constraint: {rule}"
        return json_error("InvalidParameterException", text)
    first = needed_there(request, place)[0]
    caller = caller_arn(role_arn, place)
    text = f"User: {caller} is not authorized to perform: {first.action} on resource: {first.resource} "
    text += f"because no resource-based policy allows the {first.action} action"
    raise AccessDenied(caller, first.action, first.resource, text)

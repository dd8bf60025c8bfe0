"""The keys that encrypt what a request touches, as permissions it needs besides. Pure.

AWS document: kms/latest/developerguide/services-s3.md and its neighbors.
"""

from collections.abc import Mapping, Sequence

from documents.place import Place
from rehearsal.endpoint.permissions import Needed

_VIA: Mapping[str, str] = {"s3": "s3", "ssm": "ssm", "secretsmanager": "secretsmanager"}
_READS = frozenset({
    "s3:GetObject", "s3:GetObjectVersion", "ssm:GetParameter", "ssm:GetParameters", "secretsmanager:GetSecretValue",
})  # fmt: skip
_WRITES = frozenset({"s3:PutObject"})


def key_needed(calls: Sequence[Needed], keys: Mapping[str, str], place: Place) -> list[Needed]:
    """The kms permissions on top of `calls`, whose resources `keys` maps to their customer managed key's ARN.

    AWS managed keys need none: their key policies let every caller of the account through its service.
    """
    found: list[Needed] = []
    for call in calls:
        key = keys.get(call.resource)
        service = _VIA.get(call.action.partition(":")[0])
        action = "Decrypt" if call.action in _READS else "GenerateDataKey" if call.action in _WRITES else None
        if key and service and action:
            context = {
                "kms:ViaService": place.via(service),
                "kms:CallerAccount": place.account,
            }
            found.append(Needed(f"kms:{action}", key, context))
    return found

"""IAM's API, for whoever looks at a role: its trust policy, as an operator's AWS CLI or the release function reads it.

AWS documents: IAM/latest/APIReference/API_GetRole; service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from documents.place import Place
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.permissions import Needed, on
from rehearsal.endpoint.request import Request
from rehearsal.errors import AwsRefusal
from rehearsal.identity.authority import Authority

INVALID = "ValidationError"
"""IAM's code for an input that breaks a constraint."""

_ID_DIGITS = 17


class RolesApi:
    """The operations that are asked for: GetRole."""

    def __init__(self, authority: Authority, place: Place) -> None:
        """Answer for the roles of this authority, all in the account of `place`."""
        self._authority = authority
        self._place = place
        self._made = datetime.now(UTC).replace(microsecond=0)

    def on_role(self, request: Request, place: Place) -> list[Needed]:
        """The action of the operation's own name on the role, whose path the caller need not know."""
        name = str(request.document["RoleName"])
        return on(request, self._arn(name) or place.iam_arn(f"role/{name}"))

    @operation(on_role)
    def get_role(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """API_GetRole; the policy comes URL-encoded, as its page says."""
        name = str(asked["RoleName"])
        arn = self._arn(name)
        if arn is None:
            raise AwsRefusal("NoSuchEntity", f"The role with name {name} cannot be found.")
        _, _, path = arn.partition(":role")
        role = {
            "Path": path.removesuffix(name),
            "RoleName": name,
            "RoleId": f"AROA{hashlib.sha256(arn.encode()).hexdigest()[:_ID_DIGITS].upper()}",
            "Arn": arn,
            "CreateDate": self._made,
            "AssumeRolePolicyDocument": quote(json.dumps(self._authority.trust(arn)), safe=""),
        }
        return {"Role": role}

    def _arn(self, name: str) -> str | None:
        return next((arn for arn in self._authority.roles if arn.rpartition("/")[2] == name), None)

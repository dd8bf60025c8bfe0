"""Who may do what: the declared roles, their trust and inline policies, and the decision over each call.

Not here: managed policies, permission boundaries, session policies and resource policies; the program declares inline
policies only. Documents are refused when they hold what the evaluator cannot judge, so a rehearsal never passes by
misreading one.

AWS documents: IAM/latest/UserGuide/reference_policies_evaluation-logic.md (order of the decision) and
IAM/latest/UserGuide/troubleshoot_access-denied.md (the texts).
"""

import secrets
import string
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ministack.core.iam_evaluator import ParsedStatement, parse_policy_document

from rehearsal.identity import decision
from rehearsal.identity.policy_documents import everybody_with, judgeable, statements

ADMINISTRATOR_KEY = "test"
"""Access key of whoever runs `pulumi up`: the infrastructure team, allowed everything."""

SESSION = "rehearsal"
"""Role session name in every message; AWS's services choose their own."""

_NOTHING: Mapping[str, Any] = {}
_NARROWED = "#"
"""Stands between a role's ARN, which has none, and the number of a narrowed session."""


class AccessDenied(Exception):
    """AWS refuses the call; the text is AWS's own."""

    code = "AccessDenied"

    def __init__(self, principal: str, action: str, resource: str, text: str) -> None:
        """Hold who asked (an ARN or a service principal), for what, on which ARN, and AWS's text."""
        super().__init__(text)
        self.principal = principal
        self.action = action
        self.resource = resource


class UnknownAccessKey(LookupError):
    """Nobody was ever given this access key."""


@dataclass(frozen=True)
class Credentials:
    """Keys that a caller signs with; temporary ones belong to a role."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    role_arn: str | None
    """The role acted as; None for the administrator."""


class Call(NamedTuple):
    """One authorized or refused call, as CloudTrail would keep it."""

    role_arn: str
    action: str
    resource: str
    allowed: bool


@dataclass
class _Role:
    trust: Mapping[str, Any]
    documents: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    parsed: dict[str, list[ParsedStatement]] = field(default_factory=dict[str, list[ParsedStatement]])


class Authority:
    """The account's roles and every decision taken about them; safe to use from several threads."""

    def __init__(self) -> None:
        """Start with no role and no call."""
        self._lock = threading.RLock()
        self._roles: dict[str, _Role] = {}
        self._keys: dict[str, Credentials] = {}
        self._sessions: dict[str, list[ParsedStatement]] = {}
        """Session policies, by whom they narrow."""
        self._calls: list[Call] = []

    @property
    def calls(self) -> list[Call]:
        """Every decision so far, oldest first (a copy)."""
        with self._lock:
            return list(self._calls)

    @property
    def roles(self) -> list[str]:
        """ARNs of every role that is there."""
        with self._lock:
            return list(self._roles)

    def trust(self, role_arn: str) -> Mapping[str, Any]:
        """The role's trust policy; LookupError for a role never put."""
        with self._lock:
            return self._role(role_arn).trust

    def put_role(self, role_arn: str, trust: Mapping[str, Any]) -> None:
        """Create the role, or replace its trust policy and keep its inline ones.

        Raises RehearsalError for a document that cannot be judged.
        """
        judgeable(trust, f"the trust policy of {role_arn}")
        with self._lock:
            known = self._roles.get(role_arn)
            if known is None:
                self._roles[role_arn] = _Role(trust)
            else:
                known.trust = trust

    def remove_role(self, role_arn: str) -> None:
        """Forget the role and its policies; nobody can act as it any more."""
        with self._lock:
            self._roles.pop(role_arn, None)

    def put_policy(self, role_arn: str, name: str, document: dict[str, Any]) -> None:
        """Create or replace an inline policy of a role.

        Raises LookupError for a role never put, RehearsalError for a document that cannot be judged.
        """
        judgeable(document, f"policy {name} of {role_arn}")
        with self._lock:
            role = self._role(role_arn)
            role.documents[name] = document
            role.parsed[name] = parse_policy_document(document)

    def remove_policy(self, role_arn: str, name: str) -> None:
        """Delete an inline policy; LookupError when the role has none of that name."""
        with self._lock:
            role = self._role(role_arn)
            if name not in role.documents:
                raise LookupError(
                    f"role {role_arn} has no inline policy {name!r}; it has {sorted(role.documents)}"
                )
            del role.documents[name], role.parsed[name]

    def policies(self, role_arn: str) -> dict[str, dict[str, Any]]:
        """The role's inline policy documents by name (a copy of the mapping)."""
        with self._lock:
            return dict(self._role(role_arn).documents)

    def assume(self, role_arn: str, service: str, context: Mapping[str, Any] = _NOTHING) -> Credentials:
        """Keys for an AWS service that acts as the role, for example `codebuild.amazonaws.com`.

        `context` holds what the service would send, such as `aws:SourceArn`; `aws:SourceAccount` is the role's account
        unless it says otherwise (IAM User Guide, confused-deputy). Raises AccessDenied unless the role's trust policy
        allows it.
        """
        sent = {"aws:SourceAccount": role_arn.split(":")[4], **context}
        self._trusted(role_arn, "Service", service, "sts:AssumeRole", sent)
        return self._keys_for(role_arn)

    def assume_as(self, caller_arn: str, role_arn: str) -> Credentials:
        """Keys for a role that acts as another one of its account, for example a pipeline's as an action's own.

        A trust policy that names the caller is enough; one that names the account, or everybody, leaves the decision to the
        caller's own policies, and any Deny counts (IAM/latest/UserGuide/reference_policies_elements_principal.md, "AWS account
        principals"; reference_policies_evaluation-logic_policy-eval-basics-single-account.md). Raises AccessDenied.
        """
        with self._lock:
            caller, role = self._roles.get(caller_arn), self._roles.get(role_arn)
            own = list(caller.parsed.values()) if caller else []
            trust = statements(role.trust) if role else []
        question = decision.question(caller_arn, "sts:AssumeRole", role_arn, {})
        named = decision.decide_trust(question, trust, (caller_arn,))
        shared = decision.decide_trust(question, trust, everybody_with(caller_arn))
        allowed = decision.decide(question, own)
        denied = "Deny" in (named, shared, allowed)
        granted = not denied and (named == "Allow" or shared == allowed == "Allow")
        with self._lock:
            self._calls.append(Call(caller_arn, "sts:AssumeRole", role_arn, granted))
        if not granted:
            refuse = _refusal if "Deny" not in (named, shared) and shared == "Allow" else _trust_refusal
            raise refuse(session_arn(caller_arn), "sts:AssumeRole", role_arn, explicit=denied)
        return self._keys_for(role_arn)

    def assume_with_web_identity(
        self, role_arn: str, provider_arn: str, claims: Mapping[str, Any]
    ) -> Credentials:
        """Keys for whoever holds a token of an OIDC provider, for example a GitHub workflow.

        `claims` are the token's (`sub`, `aud`); policies see them as `<provider host>:sub` and so on.
        Raises AccessDenied unless the role's trust policy allows it.
        """
        host = provider_arn.partition(":oidc-provider/")[2]
        context = {f"{host}:{claim}": value for claim, value in claims.items()}
        self._trusted(role_arn, "Federated", provider_arn, "sts:AssumeRoleWithWebIdentity", context)
        return self._keys_for(role_arn)

    def authorize(
        self, role_arn: str, action: str, resource: str, context: Mapping[str, Any] = _NOTHING
    ) -> None:
        """Decide over one call by the role's inline policies and record it; AccessDenied when refused.

        What a session was narrowed to (`narrowed`) must allow it too.
        """
        with self._lock:
            session = self._sessions.get(role_arn)
            role_arn = role_arn.partition(_NARROWED)[0]
            role = self._roles.get(role_arn)
            policies = list(role.parsed.values()) if role else []
        question = decision.question(role_arn, action, resource, context)
        decided = decision.decide(question, policies)
        within = "Allow" if session is None else decision.decide(question, [session])
        allowed = decided == within == "Allow"
        with self._lock:
            self._calls.append(Call(role_arn, action, resource, allowed))
        if not allowed:
            explicit = "Deny" in (decided, within)
            kind = "session" if decided == "Allow" else "identity-based"
            raise _refusal(session_arn(role_arn), action, resource, explicit=explicit, kind=kind)

    def narrowed(self, credentials: Credentials, document: dict[str, Any]) -> Credentials:
        """Keys of the same role that may do only what a session policy allows besides (IAM User Guide, access_policies).

        Raises RehearsalError for a document that cannot be judged.
        """
        if credentials.role_arn is None:
            return credentials
        role_arn = credentials.role_arn.partition(_NARROWED)[0]
        judgeable(document, f"a session policy of {role_arn}")
        with self._lock:
            who = f"{role_arn}{_NARROWED}{len(self._sessions)}"
            self._sessions[who] = parse_policy_document(document)
            return self._keys_for(who)

    def credentials_of(self, access_key_id: str) -> Credentials:
        """Whose key this is, or UnknownAccessKey."""
        if access_key_id == ADMINISTRATOR_KEY:
            return Credentials(ADMINISTRATOR_KEY, ADMINISTRATOR_KEY, None, None)
        with self._lock:
            try:
                return self._keys[access_key_id]
            except KeyError:
                raise UnknownAccessKey(access_key_id) from None

    def _role(self, role_arn: str) -> _Role:
        try:
            return self._roles[role_arn]
        except KeyError:
            raise LookupError(f"role {role_arn} was never put; known are {sorted(self._roles)}") from None

    def _keys_for(self, role_arn: str) -> Credentials:
        key = "ASIA" + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16))
        made = Credentials(key, secrets.token_urlsafe(30), secrets.token_urlsafe(60), role_arn)
        with self._lock:
            self._keys[key] = made
        return made

    def _trusted(
        self, role_arn: str, kind: str, principal: str, action: str, context: Mapping[str, Any]
    ) -> None:
        with self._lock:
            role = self._roles.get(role_arn)
            trust = role.trust if role else {}
        question = decision.question(role_arn, action, role_arn, context)
        decided = decision.decide_for(question, statements(trust), kind, principal)
        with self._lock:
            self._calls.append(Call(role_arn, action, role_arn, decided == "Allow"))
        if decided == "Allow":
            return
        if kind == "Federated":  # STS does not tell an outsider more than this
            raise AccessDenied(principal, action, role_arn, f"Not authorized to perform {action}")
        raise _trust_refusal(principal, action, role_arn, explicit=decided == "Deny")


def session_arn(role_arn: str) -> str:
    """The principal that AWS names in its messages for a caller acting as the role.

    A role's path is no part of it: IAM/latest/UserGuide/reference_identifiers.md, "assumed-role".
    """
    _, partition, _, _, account, name = role_arn.partition(_NARROWED)[0].split(":", 5)
    return f"arn:{partition}:sts::{account}:assumed-role/{name.rpartition('/')[2]}/{SESSION}"


def _refusal(
    principal: str, action: str, resource: str, *, explicit: bool, kind: str = "identity-based"
) -> AccessDenied:
    reason = f"with an explicit deny in {'an' if kind[0] == 'i' else 'a'} {kind} policy"
    if not explicit:
        reason = f"because no {kind} policy allows the {action} action"
    text = f"User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}"
    return AccessDenied(principal, action, resource, text)


def _trust_refusal(principal: str, action: str, role_arn: str, *, explicit: bool) -> AccessDenied:
    reason = "with an explicit deny in the role trust policy"
    if not explicit:
        reason = f"because no role trust policy allows the {action} action"
    text = f"User: {principal} is not authorized to perform: {action} on resource: {role_arn} {reason}"
    return AccessDenied(principal, action, role_arn, text)

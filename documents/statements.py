"""Policy statements that people write, held against what IAM takes in a role's own policy.

AWS documents (IAM User Guide): reference_policies_grammar (elements and their types), reference_policies_elements_sid,
reference_policies_elements_resource and reference_policies_variables (ARNs, and where a variable may stand),
reference_iam-quotas (letters of a policy), access-analyzer-reference-policy-checks (what AWS itself calls an error).

IAM takes actions and services that do not exist, so their names are held against their form only.
"""

import difflib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from documents.conditions import check_condition
from documents.nested import is_list, is_map
from documents.policy import Statement

ELEMENTS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
"""What a statement of an identity-based policy may have (reference_policies_grammar)."""

_ELSEWHERE = {
    "Principal": "a role's own policy has no principal, the role is it",
    "NotPrincipal": "a role's own policy has no principal, the role is it",
    "Version": "it belongs to the policy around the statements, which is written here",
    "Id": "it belongs to the policies of queues, topics and buckets",
    "Statement": "list the statements themselves, without the policy around them",
}
_ACTION = re.compile(r"[A-Za-z0-9.-]+:[A-Za-z0-9-]+")
_SID = re.compile(r"[A-Za-z0-9]+")
_LETTERS = re.compile(r"[\t\n\r\u0020-\u00ff]*")
_ARN_PARTS = 6
_PARTS = ("partition", "service", "region", "account", "resource")
_PARTITION = re.compile(r"aws(-[a-z]+)*|\*")
_SERVICE = re.compile(r"[a-z0-9-]+")
_REGION = re.compile(r"[a-z0-9*?-]*")
_ACCOUNT = re.compile(r"[0-9]{12}|[0-9*?]*[*?][0-9*?]*|aws|amazon|aws-marketplace|third-party|")
_S3_WITH_REGION = re.compile(
    r"(accesspoint|access-grants|async-request|job|storage-lens|storage-lens-group)([/:]|$)|[*?]"
)
_IAM_RESOURCE = re.compile(
    r"[*?]|root$|(access-report|assumed-role|federated-user|group|instance-profile|mfa|oidc-provider|policy|report|role|"
    r"saml-provider|server-certificate|sms-mfa|user)/"
)
_VARIABLE = re.compile(r"\$\{[^{}]+\}")


def check_statement(statement: Mapping[str, Any]) -> None:
    """Raise ValueError with one sentence unless IAM takes this statement in a role's own policy.

    Stricter than IAM in one thing: an action is named whole. A wildcard, or NotAction in a statement that allows, grants what
    nobody listed.
    """
    _elements(statement)
    _letters(statement, "")
    effect = statement["Effect"]
    if effect not in ("Allow", "Deny"):
        raise ValueError(f"Effect is {effect!r}; IAM takes exactly Allow or Deny: write one of the two")
    _sid(statement)
    for action in _texts(statement, _one_of(statement, "Action", "NotAction", "s3:GetObject")):
        _action(action)
    if effect == "Allow" and "NotAction" in statement:
        raise ValueError(
            "NotAction in a statement that allows grants every action that nobody listed: name the actions under Action"
        )
    for resource in _texts(statement, _one_of(statement, "Resource", "NotResource", "arn:aws:s3:::bucket/*")):
        _resource(resource)
    if "Condition" in statement:
        check_condition(statement["Condition"])


def check_together(statements: Sequence[Statement]) -> None:
    """Raise ValueError when two statements of one policy have the same Sid (reference_policies_elements_sid).

    An empty one is none: policies that AWS's consoles and other tools write are full of them.
    """
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    twice = sorted({sid for sid in sids if sids.count(sid) > 1})
    if twice:
        raise ValueError(f"Sid {', '.join(twice)} names two statements; IAM takes each once: rename one")


def _elements(statement: Mapping[str, Any]) -> None:
    for key in statement:
        if key in _ELSEWHERE:
            raise ValueError(f"has {key}, which no statement of a role has: {_ELSEWHERE[key]}; remove it")
        if key not in ELEMENTS:
            near = difflib.get_close_matches(key.capitalize(), ELEMENTS, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"use {', '.join(ELEMENTS)}"
            raise ValueError(f"has {key}, which no statement has; {remedy}")
    if "Effect" not in statement:
        raise ValueError(f"has {', '.join(statement) or 'nothing'} but no Effect; add Allow or Deny")


def _one_of(statement: Mapping[str, Any], element: str, other: str, example: str) -> str:
    given = [one for one in (element, other) if one in statement]
    if len(given) != 1:
        seen = "both" if given else "neither"
        raise ValueError(
            f"has {seen} of {element} and {other}; IAM takes exactly one: give one, for example {element}: {example}"
        )
    return given[0]


def _texts(statement: Mapping[str, Any], element: str) -> Iterator[str]:
    value = statement[element]
    listed = value if is_list(value) else [value]
    if not listed:
        raise ValueError(f"{element} is an empty list; IAM takes one text or several: name what is meant")
    for one in listed:
        if not isinstance(one, str):
            raise ValueError(f"{element} holds {_word(one)}; IAM takes text there: put it in quotes")  # noqa: TRY004  (pydantic turns ValueError into a finding)
        yield one


def _sid(statement: Mapping[str, Any]) -> None:
    sid = statement.get("Sid", "Sid")
    if not isinstance(sid, str) or (sid and not _SID.fullmatch(sid)):
        seen = repr(sid) if isinstance(sid, str) else _word(sid)
        raise ValueError(
            f"Sid is {seen}; IAM takes letters A-Z, a-z and digits, such as ReadImages: leave the rest out"
        )


def _action(action: str) -> None:
    if "*" in action or "?" in action:
        raise ValueError(
            f"action {action!r} has a wildcard, which grants what nobody listed: name each action"
        )
    if not _ACTION.fullmatch(action):
        raise ValueError(
            f"action {action!r} is no service prefix, one colon and a name; write it as s3:GetObject"
        )


def _resource(resource: str) -> None:
    if resource == "*":
        return
    _variables(resource)
    arn = resource.split(":", _ARN_PARTS - 1)
    if arn[0] != "arn" or len(arn) < 3:  # noqa: PLR2004  (arn, partition, service)
        raise ValueError(
            f"resource {resource!r} is neither an ARN nor *; write it as arn:aws:s3:::bucket/*, with the ARN's first word"
        )
    given: dict[str, str] = dict(zip(_PARTS, arn[1:], strict=False))
    for part, form in (
        ("partition", _PARTITION),
        ("service", _SERVICE),
        ("region", _REGION),
        ("account", _ACCOUNT),
    ):
        if not form.fullmatch(given.get(part, "*" if part in ("region", "account") else "")):
            raise ValueError(
                f"resource {resource!r} has {given[part]!r} where its {part} stands; {_ARN_RULES[part]}"
            )
    if given.get("resource") == "":
        raise ValueError(
            f"resource {resource!r} ends after the account; name the resource, or * for all of them"
        )
    _global(resource, given)


_ARN_RULES = {
    "partition": "that is aws, aws-cn, aws-us-gov or another of AWS's: correct it",
    "service": "IAM takes a service's whole name in small letters, without wildcards: correct it",
    "region": "that is a Region such as eu-central-1, nothing, or a wildcard: correct it",
    "account": "that is an account of 12 digits, nothing, or a wildcard: correct it",
}


def _global(resource: str, given: Mapping[str, str]) -> None:
    """IAM and S3 buckets know no Region, and buckets no account (access-analyzer-reference-policy-checks)."""
    name = given.get("resource", "*")
    if given["service"] == "s3" and not _S3_WITH_REGION.match(name):
        if given.get("region") or given.get("account"):
            raise ValueError(
                f"resource {resource!r} gives a bucket a Region or an account; buckets have neither: "
                f"write it as arn:{given['partition']}:s3:::{name}"
            )
    elif given["service"] == "iam":
        if given.get("region", "") not in ("", "*"):
            raise ValueError(f"resource {resource!r} gives IAM a Region; IAM has none: leave it empty")
        if not _IAM_RESOURCE.match(name):
            raise ValueError(
                f"resource {resource!r} begins with none of IAM's kinds; write its resource as role/NAME, policy/NAME or *"
            )


def _variables(resource: str) -> None:
    """A variable stands in the resource's own part only, after the fifth colon (reference_policies_variables)."""
    before, variable, rest = resource.partition("${")
    if not variable:
        return
    if before.count(":") < _ARN_PARTS - 1:
        raise ValueError(
            f"resource {resource!r} has a policy variable before its fifth colon; IAM takes one only after it: "
            "write the ARN's first parts out"
        )
    if "${" in _VARIABLE.sub("", variable + rest):
        raise ValueError(f"resource {resource!r} has a policy variable that does not end: close it with }}")


def _letters(value: Any, path: str) -> None:
    """Every text has only the letters that a policy may have (reference_iam-quotas), every number is one."""
    if isinstance(value, str):
        if not _LETTERS.fullmatch(value):
            raise ValueError(
                f"{path} {value!r} has letters that no policy may have; IAM takes U+0020 to U+00FF: write it otherwise"
            )
    elif is_map(value):
        for key, inner in value.items():
            _letters(key, path)
            _letters(inner, f"{path}.{key}" if path else str(key))
    elif is_list(value):
        for inner in value:
            _letters(inner, path)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{path} is {value}, which JSON cannot say: write a number")


def _word(value: Any) -> str:
    """A value as people call it who write YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list):
        return "a list"
    return f"{value}, which YAML reads as a date"

"""Conditions of a policy statement: operators, keys and values as IAM reads them.

AWS documents (IAM User Guide): reference_policies_elements_condition_operators, reference_policies_grammar,
access-analyzer-reference-policy-checks (types of values, keys that differ in capitals only).
"""

import base64
import binascii
import difflib
import ipaddress
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from documents.nested import is_list, is_map


def _number(value: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", value) is not None


_SECONDS = re.compile(r"-?[0-9]{1,18}")
_DATE_FORM = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2})(T(?P<time>[0-9]{2}:[0-9]{2}(:[0-9]{2})?)(\.[0-9]{1,9})?"
    r"(?P<away>Z|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)


def _date(value: str) -> bool:
    """A moment that there is, in a W3C profile of ISO 8601, or seconds since 1970."""
    form = _DATE_FORM.fullmatch(value)
    if form is None:
        return _SECONDS.fullmatch(value) is not None
    day = f"{form['year']}-{form['month'] or '01'}-{form['day'] or '01'}"
    try:
        datetime.fromisoformat(f"{day}T{form['time'] or '00:00'}{form['away'] or 'Z'}")
    except ValueError:
        return False
    return True


def _truth(value: str) -> bool:
    return value.lower() in ("true", "false")


def _range(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return "/" not in value or value.rpartition("/")[2].isdecimal()


def _bytes(value: str) -> bool:
    try:
        return bool(base64.b64decode(value, validate=True))
    except binascii.Error:
        return False


def _arn(value: str) -> bool:
    return value == "*" or value.startswith("${") or re.fullmatch(r"arn(:[^:]*){4}:.+", value) is not None


def _any(value: str) -> bool:  # noqa: ARG001  (one form of several)
    return True


Form = tuple[Callable[[str], bool], str, bool]
_TEXT: Form = (_any, "text", True)
_NUMBER: Form = (_number, "a number such as 10", False)
_DATE: Form = (_date, "a date such as 2027-01-31T12:00:00Z", False)
_TRUTH: Form = (_truth, "true or false", True)
_NULL: Form = (_truth, "true or false", False)
_BYTES: Form = (_bytes, "base64", False)
_RANGE: Form = (_range, "an address or a range such as 203.0.113.0/24", False)
_ARN: Form = (_arn, "an ARN of six parts", True)

OPERATORS: dict[str, Form] = {
    **dict.fromkeys(("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"), _TEXT),
    **dict.fromkeys(("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"), _TEXT),
    **dict.fromkeys(("NumericEquals", "NumericNotEquals", "NumericLessThan"), _NUMBER),
    **dict.fromkeys(("NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"), _NUMBER),
    **dict.fromkeys(("DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals"), _DATE),
    **dict.fromkeys(("DateGreaterThan", "DateGreaterThanEquals"), _DATE),
    "Bool": _TRUTH,
    "BinaryEquals": _BYTES,
    **dict.fromkeys(("IpAddress", "NotIpAddress"), _RANGE),
    **dict.fromkeys(("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"), _ARN),
    "Null": _NULL,
}
"""What each operator compares: whether a text is of its kind, the kind in words, whether a policy variable may stand there."""

_OF_A_SET = re.compile("^(ForAllValues|ForAnyValue):")
_KEY = re.compile(r"[^:\s]+:\S.*")


def check_condition(condition: Any) -> None:
    """Raise ValueError with one sentence unless IAM reads this as a Condition element."""
    if not is_map(condition):
        raise ValueError(
            "Condition is no map of operators; write it as {StringEquals: {aws:ResourceTag/team: shop}}"
        )
    for operator, tests in condition.items():
        form = _form(operator)
        if not is_map(tests):
            raise ValueError(
                f"{operator} holds no map; write it as {operator}: {{aws:ResourceTag/team: shop}}"
            )
        _distinct(operator, [str(key) for key in tests])
        for key, values in tests.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise ValueError(
                    f"{operator} tests the key {key!r}, which has no prefix; write it as aws:PrincipalTag/team or s3:prefix"
                )
            for value in values if is_list(values) else [values]:
                _value(f"{operator} of {key}", value, form)


def _form(operator: Any) -> Form:
    name = _OF_A_SET.sub("", str(operator), count=1)
    plain = name.removesuffix("IfExists")
    if plain in OPERATORS and not (plain == "Null" and name != plain):
        return OPERATORS[plain]
    near = difflib.get_close_matches(plain, OPERATORS, n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]}?" if near else f"use one of {', '.join(OPERATORS)}"
    raise ValueError(f"Condition has the operator {operator!r}, which IAM does not know; {remedy}")


def _distinct(operator: str, keys: list[str]) -> None:
    """Names of keys are the same in capitals and small letters."""
    seen: dict[str, str] = {}
    for key in keys:
        other = seen.setdefault(key.lower(), key)
        if other != key:
            raise ValueError(
                f"{operator} tests {other} and {key}, which are one key to IAM: put the values into one list"
            )


def _value(where: str, value: Any, form: Form) -> None:
    right, kind, takes_variables = form
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str | int | float):
        text = str(value)
    else:
        raise ValueError(  # noqa: TRY004
            f"{where} is compared with a value that is neither text, number nor truth value; put it in quotes"
        )
    if "${" in text:
        if takes_variables:
            return
        raise ValueError(
            f"{where} is compared with {text!r}; IAM takes no policy variable there: write {kind}"
        )
    if not right(text):
        raise ValueError(f"{where} is compared with {text!r}; it takes {kind}: correct it")

"""Statements that people write are refused when settings load wherever IAM would refuse them later, and taken otherwise."""

from datetime import date
from typing import Any

import parliament
import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.statements import check_statement
from settings import SettingsError
from tests.unit.edits import put
from tests.unit.harness import settings

GOOD: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
NOWHERE = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"


def _when(condition: Any) -> dict[str, Any]:
    return {**GOOD, "Condition": condition}


TAKEN: dict[str, dict[str, Any]] = {
    "lists": {**GOOD, "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::b/*", "*"]},
    "a Sid": {**GOOD, "Sid": "ReadImages1"},
    "a denial": {**GOOD, "Effect": "Deny"},
    "a denial of all but some": {
        "Effect": "Deny",
        "NotAction": ["s3:GetObject", "sts:GetCallerIdentity"],
        "Resource": "*",
    },
    "all resources but some": {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*"},
    "an action nobody knows yet": {**GOOD, "Action": "new-service:DoIt", "Resource": "*"},
    "a wildcard in the account": {**GOOD, "Resource": "arn:aws:sqs:eu-*:*:shop-?"},
    "another partition": {**GOOD, "Resource": "arn:aws-us-gov:s3:::b/*"},
    "any partition": {**GOOD, "Resource": "arn:*:s3:::b/*"},
    "an access point, which has a Region": {
        **GOOD,
        "Resource": "arn:aws:s3:us-east-1:123456789012:accesspoint/a/object/*",
    },
    "a role": {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": "arn:aws:iam::123456789012:role/x/y",
    },
    "an incomplete ARN, which IAM completes": {**GOOD, "Resource": "arn:aws:sqs"},
    "a service's own component": {
        **GOOD,
        "Resource": "arn:aws:imagebuilder:us-east-1:aws:component/x/1.0.0/1",
    },
    "a variable": {**GOOD, "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"},
    "a variable with a default": {**GOOD, "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team, 'shop'}/*"},
    "a Sid that is empty, as consoles write it": {**GOOD, "Sid": ""},
    "no condition": _when({}),
    "values in lists": _when({"StringLike": {"s3:prefix": ["", "home/", "${aws:userid}/*"]}}),
    "a number and a truth value": _when(
        {"NumericLessThan": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": True}}
    ),
    "a set operator": _when({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}),
    "if it exists": _when({"ForAnyValue:StringLikeIfExists": {"aws:CalledVia": "x*"}}),
    "whether it exists": _when({"Null": {"aws:TokenIssueTime": "true"}}),
    "a date": _when({"DateLessThan": {"aws:CurrentTime": "2027-01-31T12:00:00Z"}}),
    "a leap day": _when({"DateLessThan": {"aws:CurrentTime": "2028-02-29T23:59Z"}}),
    "a date in seconds": _when({"DateLessThan": {"aws:EpochTime": 1800000000}}),
    "ranges": _when({"IpAddress": {"aws:SourceIp": ["203.0.113.7", "203.0.113.0/24", "2001:DB8::/32"]}}),
    "an ARN": _when({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:123456789012:t*"}}),
    "a key of a token": _when({"StringEquals": {"oidc.eks.us-east-1.amazonaws.com/id/AB12:sub": "x"}}),
    "a tag with a colon": _when({"StringEquals": {"aws:ResourceTag/kubernetes.io:owner": "x"}}),
    "letters of Latin-1": _when({"StringEquals": {"aws:ResourceTag/Straße": "ä"}}),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_statement_that_iam_takes_is_taken(name: str) -> None:
    given = settings(put("services.web.taskRoleStatements", [TAKEN[name]]))
    assert given.services["web"].task_role_statements == [TAKEN[name]], (
        "it arrives in the policy as it was written"
    )


REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, ["has nothing but no Effect"]),
    "small letters": (
        {"effect": "Allow", "action": "s3:GetObject", "resource": "*"},
        ["has effect", "did you mean Effect?"],
    ),
    "an effect in small letters": ({**GOOD, "Effect": "allow"}, ["Effect is 'allow'", "Allow or Deny"]),
    "an effect that YAML read": ({**GOOD, "Effect": True}, ["Effect is True", "Allow or Deny"]),
    "a principal": ({**GOOD, "Principal": "*"}, ["has Principal", "the role is it", "remove it"]),
    "a version": ({**GOOD, "Version": "2012-10-17"}, ["has Version", "written here"]),
    "an id": ({**GOOD, "Id": "x"}, ["has Id"]),
    "a whole policy": (
        {"Version": "2012-10-17", "Statement": [GOOD]},
        ["has Version"],
    ),
    "a Sid with a hyphen": ({**GOOD, "Sid": "read-images"}, ["Sid is 'read-images'", "A-Z"]),
    "a Sid that is a number": ({**GOOD, "Sid": 1}, ["Sid is the number 1"]),
    "both actions": ({**GOOD, "NotAction": "s3:PutObject"}, ["has both of Action and NotAction"]),
    "both resources": ({**GOOD, "NotResource": "*"}, ["has both of Resource and NotResource"]),
    "allowing all but some": (
        {"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"},
        ["NotAction", "that nobody listed", "under Action"],
    ),
    "no actions": ({**GOOD, "Action": []}, ["Action is an empty list"]),
    "no resources": ({**GOOD, "Resource": []}, ["Resource is an empty list"]),
    "an action that is a number": ({**GOOD, "Action": [1]}, ["Action holds the number 1", "quotes"]),
    "a resource that is nothing": ({**GOOD, "Resource": None}, ["Resource holds nothing"]),
    "a resource that is a map": ({**GOOD, "Resource": {"Ref": "x"}}, ["Resource holds a map"]),
    "all actions": ({**GOOD, "Action": "*"}, ["has a wildcard", "name each action"]),
    "a question mark": ({**GOOD, "Action": "s3:GetObjec?"}, ["has a wildcard"]),
    "a wildcard behind NotAction": (
        {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"},
        ["has a wildcard"],
    ),
    "an action without its service": ({**GOOD, "Action": "GetObject"}, ["'GetObject' is no service prefix"]),
    "an action with two colons": ({**GOOD, "Action": "s3:Get:Object"}, ["one colon", "s3:GetObject"]),
    "an action with a blank": ({**GOOD, "Action": "s3: GetObject"}, ["'s3: GetObject'"]),
    "a bucket's name": (
        {**GOOD, "Resource": "my-bucket/*"},
        ["neither an ARN nor *", "arn:aws:s3:::bucket/*"],
    ),
    "an empty resource": ({**GOOD, "Resource": ""}, ["neither an ARN nor *"]),
    "an ARN without its first word": ({**GOOD, "Resource": "aws:s3:::b"}, ["neither an ARN nor *"]),
    "an ARN of no partition": ({**GOOD, "Resource": "arn:amazon:s3:::b"}, ["'amazon' where its partition"]),
    "a wildcard for the service": ({**GOOD, "Resource": "arn:aws:*:*:*:x"}, ["'*' where its service"]),
    "a service in capitals": ({**GOOD, "Resource": "arn:aws:S3:::b"}, ["'S3' where its service"]),
    "a Region in capitals": (
        {**GOOD, "Resource": "arn:aws:sqs:EU:123456789012:q"},
        ["'EU' where its region"],
    ),
    "an account of eleven digits": (
        {**GOOD, "Resource": "arn:aws:sqs:us-east-1:12345678901:q"},
        ["'12345678901' where its account", "12 digits"],
    ),
    "a colon too few": ({**GOOD, "Resource": "arn:aws:s3::bucket"}, ["'bucket' where its account"]),
    "an ARN without a resource": (
        {**GOOD, "Resource": "arn:aws:sqs:us-east-1:123456789012:"},
        ["ends after"],
    ),
    "a bucket with a Region": (
        {**GOOD, "Resource": "arn:aws:s3:us-east-1::b/*"},
        ["buckets have neither", "arn:aws:s3:::b/*"],
    ),
    "a bucket with an account": (
        {**GOOD, "Resource": "arn:aws:s3::123456789012:b"},
        ["buckets have neither"],
    ),
    "a role with a Region": (
        {**GOOD, "Resource": "arn:aws:iam:us-east-1:123456789012:role/x"},
        ["IAM has none"],
    ),
    "an IAM resource of no kind": ({**GOOD, "Resource": "arn:aws:iam::123456789012:x"}, ["role/NAME"]),
    "a variable for the account": (
        {**GOOD, "Resource": "arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:q"},
        ["before its fifth colon"],
    ),
    "a variable that does not end": ({**GOOD, "Resource": "arn:aws:s3:::b/${aws:username"}, ["does not end"]),
    "a letter that no policy has": ({**GOOD, "Resource": "arn:aws:s3:::b/€"}, ["U+0020 to U+00FF"]),
    "conditions in a list": (_when([{"StringEquals": {"s3:prefix": "x"}}]), ["Condition is no map"]),
    "an operator that is none": (
        _when({"StringEqual": {"s3:prefix": "x"}}),
        ["'StringEqual'", "did you mean StringEquals?"],
    ),
    "an operator in small letters": (
        _when({"stringEquals": {"s3:prefix": "x"}}),
        ["did you mean StringEquals?"],
    ),
    "a set operator with two colons": (
        _when({"ForAnyValue::StringEquals": {"s3:prefix": "x"}}),
        ["'ForAnyValue::StringEquals'"],
    ),
    "Null if it exists": (_when({"NullIfExists": {"s3:prefix": "true"}}), ["'NullIfExists'"]),
    "an operator without keys": (_when({"StringEquals": "x"}), ["StringEquals holds no map"]),
    "a key without a prefix": (_when({"StringEquals": {"prefix": "x"}}), ["the key 'prefix'", "s3:prefix"]),
    "a key twice": (
        _when({"StringEquals": {"aws:RequestTag/a": "x", "aws:requesttag/a": "y"}}),
        ["which are one key to IAM", "one list"],
    ),
    "a value that is a map": (_when({"StringEquals": {"s3:prefix": {}}}), ["neither text, number"]),
    "a value that YAML read as a date": (
        _when({"DateLessThan": {"aws:CurrentTime": date(2027, 1, 31)}}),
        ["DateLessThan of aws:CurrentTime", "put it in quotes"],
    ),
    "a date that is none": (
        _when({"DateLessThan": {"aws:CurrentTime": "31.1.2027"}}),
        ["'31.1.2027'", "2027-01-31T12:00:00Z"],
    ),
    "a number that is none": (_when({"NumericEquals": {"s3:max-keys": "ten"}}), ["'ten'", "a number"]),
    "a number that JSON cannot say": (_when({"NumericEquals": {"s3:max-keys": float("nan")}}), ["JSON"]),
    "a truth that is none": (_when({"Bool": {"aws:SecureTransport": "yes"}}), ["'yes'", "true or false"]),
    "a range that is none": (_when({"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}), ["'10.0.0.0/33'"]),
    "a mask": (_when({"IpAddress": {"aws:SourceIp": "10.0.0.0/255.0.0.0"}}), ["203.0.113.0/24"]),
    "an ARN that is none": (_when({"ArnEquals": {"aws:SourceArn": "topic"}}), ["'topic'", "an ARN"]),
    "bytes that are none": (_when({"BinaryEquals": {"a:b": "?"}}), ["base64"]),
    "two set operators": (
        _when({"ForAllValues:ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}),
        ["ForAllValues:ForAnyValue:StringEquals", "did you mean StringEquals?"],
    ),
    **{
        f"a date that is none, {date}": (
            _when({"DateLessThan": {"aws:CurrentTime": date}}),
            [date, "it takes a date such as"],
        )
        for date in ("2026-13-01", "2026-02-29", "2026-12-31T25:00:00Z", "2026-12-31T10:61Z", "0000-01-01")
    },
    "a variable where numbers stand": (
        _when({"NumericEquals": {"s3:max-keys": "${aws:userid}"}}),
        ["no policy variable"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_statement_that_iam_refuses_is_refused_when_settings_load(name: str) -> None:
    statement, words = REFUSED[name]
    with pytest.raises(SettingsError) as refused:
        settings(put("services.web.taskRoleStatements", [GOOD, statement]))
    text = str(refused.value)
    assert text.startswith("delivery:services.web.taskRoleStatements.1: "), text
    assert all(word in text for word in words), text
    assert len(text.splitlines()) == 1, text
    assert "datetime" not in text, "Python's own words say nothing to who writes YAML"


def test_a_sid_stands_once_in_a_policy() -> None:
    with pytest.raises(SettingsError, match="Sid Read names two statements; IAM takes each once"):
        settings(put("services.web.taskRoleStatements", [{**GOOD, "Sid": "Read"}, {**GOOD, "Sid": "Read"}]))


def test_statements_without_a_sid_may_say_so_with_an_empty_one() -> None:
    twice = [{**GOOD, "Sid": ""}, {**GOOD, "Sid": ""}]
    assert (
        settings(put("services.web.taskRoleStatements", twice)).services["web"].task_role_statements == twice
    )


def test_statements_that_are_no_list_of_maps_are_refused() -> None:
    for wrong in (GOOD, [[GOOD]], "Allow", [None], {"a": GOOD}):
        with pytest.raises(SettingsError) as refused:
            settings(put("services.web.taskRoleStatements", wrong))
        assert "taskRoleStatements" in str(refused.value)


def test_every_action_aws_lists_has_the_form_that_is_taken() -> None:
    for service in parliament.iam_definition:
        for privilege in service["privileges"]:
            check_statement(
                {**GOOD, "Action": f"{service['prefix']}:{privilege['privilege']}", "Resource": "*"}
            )


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "x"]
        ),
        ANY | st.sampled_from(["Allow", "Deny", "s3:GetObject", "*", NOWHERE]),
        max_size=6,
    )
)
def test_no_statement_ends_otherwise_than_in_a_sentence(statement: dict[str, Any]) -> None:
    try:
        check_statement(statement)
    except ValueError as refused:
        assert len(str(refused)) > 10, "a sentence"  # noqa: PT017  (any sentence will do)

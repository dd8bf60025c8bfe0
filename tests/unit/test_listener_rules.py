"""Rules of listeners: what ELB takes of them, and which requests they are for.

Documents: elasticloadbalancing/latest/application, rule-condition-types and rule-action-types unless named.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from documents.listener_rules import (
    Conditions,
    address,
    check,
    check_header,
    check_host,
    check_method,
    check_path,
    check_source,
    example,
)
from rehearsal.elb import action, condition
from rehearsal.elb.condition import Request, meets
from rehearsal.elb.own_answer import redirect
from rehearsal.elb.rule import default_rule_arn, listener_of_rule
from rehearsal.errors import AwsRefusal, RehearsalError

LISTENER = (
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/50dc6c495c0c9188/0467ef3c8400ae65"
)


def asked(target: str = "/", host: str = "shop.example.com", method: str = "GET", **headers: str) -> Request:
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request(method, host, target, sent, "192.0.2.7")


@pytest.mark.parametrize(
    ("conditions", "request_", "takes"),
    [
        (Conditions(hosts=["*.example.com"]), asked(host="SHOP.Example.com:8443"), True),
        (Conditions(hosts=["*.example.com"]), asked(host="example.com"), False),
        (Conditions(hosts=["?.example.com"]), asked(host="ab.example.com"), False),
        (Conditions(hosts=["a.example.com", "shop.example.com"]), asked(), True),
        (Conditions(paths=["/img/*"]), asked("/img/a/b.png?size=1"), True),
        (Conditions(paths=["/img/*"]), asked("/img"), False),
        (Conditions(paths=["/IMG/*"]), asked("/img/a"), False),
        (Conditions(paths=["/a?c"]), asked("/abc"), True),
        (Conditions(paths=["/a.c"]), asked("/abc"), False),
        (Conditions(paths=["/api/*"]), asked("/x/../api/%75sers"), True),
        (Conditions(paths=["/api/users"]), asked("/api/%75sers"), True),
        (Conditions(paths=["/api/*"]), asked("/api/../admin"), False),
        (Conditions(paths=["/*"]), asked("/../.."), True),
        (Conditions(paths=["/q"]), asked("/?path=/q"), False),
        (Conditions(methods=["GET", "HEAD"]), asked(method="HEAD"), True),
        (Conditions(methods=["GET"]), asked(method="get"), False),
        (Conditions(sources=["192.0.2.0/24"]), asked(), True),
        (Conditions(sources=["198.51.100.0/24", "2001:db8::/32"]), asked(X_Forwarded_For="198.51.100.1"), False),
        (Conditions(headers=[("user-agent", ["*CHROME*"])]), asked(User_Agent="Mozilla chrome/1"), True),
        (Conditions(headers=[("X-Test", ["1"])]), asked(), False),
        (Conditions(headers=[("X-Test", ["*a*"]), ("X-Test", ["*b*"])]), asked(X_Test="xay"), False),
        (Conditions(queries=[[("version", "v1"), (None, "*example*")]]), asked("/?VERSION=V1"), True),
        (Conditions(queries=[[("version", "v1"), (None, "*example*")]]), asked("/?x=an-example-"), True),
        (Conditions(queries=[[("version", "v1")], [("beta", "?")]]), asked("/?version=v1"), False),
        (Conditions(queries=[[("q", r"\*")]]), asked("/?q=a"), False),
        (Conditions(queries=[[("q", r"\*")]]), asked("/?q=*"), True),
        (Conditions(hosts=["shop.example.com"], paths=["/a"]), asked("/b"), False),
    ],
)  # fmt: skip
def test_a_rule_takes_the_requests_that_meet_all_its_conditions(
    conditions: Conditions, request_: Request, *, takes: bool
) -> None:
    check(conditions)
    assert meets(request_, conditions) is takes


@pytest.mark.parametrize(
    "conditions",
    [
        Conditions(hosts=["*.example.com", "b.com"], paths=["/a?c/*"]),
        Conditions(methods=["PUT"], sources=["192.0.2.0/24"], headers=[("X-Who", ["*r?bot"])]),
        Conditions(queries=[[(None, r"*a\*b?")], [("v?", "1*")]]),
    ],
)
def test_an_example_is_a_request_that_the_rule_takes(conditions: Conditions) -> None:
    one = example(conditions)
    assert meets(
        Request(one.method, one.host, f"{one.path}?{one.query}", one.headers, one.source or "127.0.0.1"),
        conditions,
    )


def test_an_address_is_what_a_rule_names_without_wildcards() -> None:
    assert address(Conditions(hosts=["*.io", "shop.io"], paths=["/api/*"])) == ("shop.io", "/api/")
    assert address(Conditions(headers=[("X", ["1"])])) == ("", "/")


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (Conditions(), "there is no condition"),
        (Conditions(paths=["/1", "/2", "/3"], hosts=["a.com", "b.com", "c.com"]), "6 condition values"),
        (Conditions(queries=[[("a", "1"), ("a", "2"), ("a", "3")], [(None, "4"), (None, "5"), (None, "6")]]), "6 cond"),
        (Conditions(paths=["/*/*/*"], hosts=["*.*.com"], headers=[("x", ["?"])]), "6 wildcards"),
        (Conditions(hosts=["localhost"]), "'localhost' is no host pattern"),
        (Conditions(hosts=["example.c0m"]), "letters only after the last one"),
        (Conditions(hosts=["shop_1.example.com"]), "is no host pattern"),
        (Conditions(hosts=[f"{'a' * 125}.com"]), "up to 128"),
        (Conditions(paths=["/a b"]), "is no path pattern"),
        (Conditions(paths=["/a%20b"]), "is no path pattern"),
        (Conditions(paths=[f"/{'a' * 128}"]), "up to 128"),
        (Conditions(methods=["get"]), "is no request method"),
        (Conditions(methods=["*"]), "no wildcards"),
        (Conditions(sources=["192.0.2.1"]), "is no range of addresses"),
        (Conditions(sources=["255.255.255.255/32"]), "255.255.255.255/32 excepted"),
        (Conditions(headers=[("Host", ["a.com"])]), "give it as hosts"),
        (Conditions(headers=[("X-*", ["a"])]), "no wildcards"),
        (Conditions(headers=[("X" * 41, ["a"])]), "up to 40"),
        (Conditions(headers=[("X-Test", ["ä"])]), "visible ASCII"),
        (Conditions(queries=[[("k", "")]]), "is no value to look for"),
    ],
)  # fmt: skip
def test_what_elb_would_refuse_of_a_rule_is_refused(conditions: Conditions, said: str) -> None:
    """rule-condition-types; load-balancer-limits, "Rules"."""
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        check(conditions)


def test_what_elb_takes_at_its_limits_is_taken() -> None:
    check(Conditions(paths=["/1", "/2", "/3", "/4", "/5"]))
    check(Conditions(paths=["/*/*/*"], hosts=["*.*.com"]))
    assert check_host(f"{'a' * 124}.com")
    assert check_path("/~a/\"b'@:+&c$")
    assert check_method("CUSTOM-METHOD_")
    assert check_header("X-Custom.Header!")
    assert check_source("2001:db8::/32")


DECLARED = [
    {"hostHeader": {"values": ["a.example.com"]}},
    {"pathPattern": {"values": ["/a", "/b"]}},
    {"httpHeader": {"httpHeaderName": "X-Test", "values": ["1"]}},
    {"httpHeader": {"httpHeaderName": "X-Test", "values": ["2"]}},
    {"queryStrings": [{"key": "k", "value": "v"}, {"value": "w"}]},
    {"httpRequestMethod": {"values": ["GET"]}},
]


def test_what_a_program_declares_is_read_as_what_the_api_is_asked_for() -> None:
    first, rest = DECLARED[:4], DECLARED[4:5]
    read = condition.read(condition.declared(first))
    assert read == Conditions(
        hosts=("a.example.com",), paths=("/a", "/b"), headers=(("X-Test", ("1",)), ("X-Test", ("2",)))
    )
    told = [{name: value for name, value in one.items() if name != "Values"} for one in condition.told(read)]
    assert condition.read(told) == read, "what is told can be asked for again, in the longer of its two forms"
    assert condition.read(condition.declared(rest)).queries == ((("k", "v"), (None, "w")),)
    assert condition.read([{"Field": "path-pattern", "Values": ["/old"]}]).paths == ("/old",)
    assert condition.read([{"HostHeaderConfig": {"Values": ["a.com"]}}]).hosts == ("a.com",)


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ([{"Field": "host-header", "Values": ["a.com"]}, {"Field": "host-header", "Values": ["b.com"]}], "only have one"),
        ([{"Field": "host-header", "PathPatternConfig": {"Values": ["/"]}}], "is not valid"),
        ([{"Field": "http-request-method", "Values": ["GET"]}], "host and path only"),
        ([{"Field": "path-pattern", "PathPatternConfig": {"Values": []}}], "must be specified"),
        ([{"Field": "color", "Values": ["red"]}], "is not valid"),
    ],
)  # fmt: skip
def test_conditions_that_contradict_themselves_are_refused(
    conditions: Sequence[Mapping[str, Any]], said: str
) -> None:
    with pytest.raises(AwsRefusal, match=said):
        condition.read(conditions)


def test_regular_expressions_are_refused_by_name() -> None:
    with pytest.raises(RehearsalError, match="regular expressions"):
        condition.read([{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/a"]}}])


HTTPS = {"type": "redirect", "redirect": {"statusCode": "HTTP_301", "protocol": "HTTPS", "port": "443"}}


def test_a_redirect_keeps_what_it_does_not_change() -> None:
    does = action.read(action.declared([HTTPS]))
    assert does.redirect is not None
    action.expect_no_loop(does, "HTTP", "80")
    answer = redirect(does.redirect, asked("/a/b?c=%20d", host="shop.example.com:80"), "HTTP", 80)
    assert (answer.status, answer.headers["Location"]) == (301, "https://shop.example.com:443/a/b?c=%20d")
    assert answer.headers["Server"] == "awselb/2.0"
    moved = {**does.redirect, "Path": "/new/#{path}", "Query": "", "StatusCode": "HTTP_302"}
    answer = redirect(moved, asked("/a?b"), "HTTP", 80)
    assert (answer.status, answer.headers["Location"]) == (302, "https://shop.example.com:443/new/a")


@pytest.mark.parametrize(
    ("config", "listener", "said"),
    [
        ({"StatusCode": "HTTP_301"}, ("HTTP", "80"), "creates a loop"),
        ({"StatusCode": "HTTP_301", "Query": "x"}, ("HTTP", "80"), "creates a loop"),
        ({"StatusCode": "HTTP_301", "Protocol": "HTTP", "Port": "80"}, ("HTTP", "80"), "creates a loop"),
        (
            {"StatusCode": "HTTP_301", "Protocol": "HTTP", "Port": "80"},
            ("HTTPS", "443"),
            "from HTTPS to HTTP",
        ),
        ({"StatusCode": "HTTP_301", "Port": "0"}, ("HTTP", "80"), "between 1 and 65535"),
        ({"StatusCode": "HTTP_301", "Path": "x"}, ("HTTP", "80"), "does not start with /"),
    ],
)
def test_a_redirect_that_elb_would_refuse_is_refused(
    config: dict[str, str], listener: tuple[str, str], said: str
) -> None:
    with pytest.raises(AwsRefusal, match=said):
        action.expect_no_loop(action.read([{"Type": "redirect", "RedirectConfig": config}]), *listener)


def test_a_rule_s_arn_holds_its_listener_s() -> None:
    assert listener_of_rule(default_rule_arn(LISTENER)) == LISTENER

"""Wrong listeners and load balancers by name: how each is made from the stg stack's, and what an operator must be told about it."""

import copy
from typing import Any

from tests.unit.edits import put, web
from tests.unit.harness import Change

ELB = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
LISTENER = f"{ELB}:listener/app/shared/0123456789abcdef/fedcba9876543210"
TEST_LISTENER = f"{ELB}:listener/app/shared/0123456789abcdef/0011223344556677"
ELSEWHERE = f"{ELB}:listener/app/other/0123456789abcdef/0011223344556677"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0000"
PUBLIC = ["subnet-00000001", "subnet-00000002"]
GROUP = "sg-0123456789abcdef0"
RULE = {"priority": 10, "hosts": ["shop.example.com"]}


def shared(rules: Any = (RULE,), /, **more: Any) -> dict[str, Any]:
    """A load balancer setting that is only rules on somebody's listener."""
    return {"listener": {"arn": LISTENER, "rules": list(rules), **more}, "securityGroupId": GROUP}


def balancer(**more: Any) -> Change:
    """A new load balancer with these settings."""
    return put("services.web.loadBalancer", {"publicSubnetIds": PUBLIC, "port": 8080, **more})


def rule(**given: Any) -> Change:
    """One rule with these conditions."""
    return put("services.web.loadBalancer", shared([{"priority": 10, **given}]))


def two(first: dict[str, Any], second: dict[str, Any]) -> Change:
    """Services a and b with these load balancers."""

    def change(raw: dict[str, Any]) -> None:
        one = web(raw)
        raw["services"] = {
            "a": {**one, "loadBalancer": copy.deepcopy(first)},
            "b": {**one, "loadBalancer": copy.deepcopy(second)},
        }

    return change


OWN = {"publicSubnetIds": PUBLIC, "port": 8080}
OF_A = {"listener": {"service": "a", "rules": [RULE]}}
AT = "delivery:services.web.loadBalancer"

REFUSED: dict[str, tuple[Change, list[str]]] = {
    "priority 0": (rule(priority=0, paths=["/"]), ["rules.0.priority is 0", "greater than or equal to 1"]),
    "priority too high": (rule(priority=50_001, paths=["/"]), ["rules.0.priority is 50001", "50000"]),
    "rule without condition": (rule(), [f"{AT}.listener.rules.0: there is no condition", "give hosts, paths"]),
    "six condition values": (
        rule(hosts=["a.io", "b.io", "c.io"], paths=["/a", "/b", "/c"]),
        ["there are 6 condition values", "has 5 at most", "several rules"],
    ),
    "six wildcards": (rule(paths=["/*/*/*", "/*/*/?"]), ["there are 6 wildcards", "has 5 at most"]),
    "host with a path": (rule(hosts=["shop.io/api"]), ["hosts.0: 'shop.io/api' is no host pattern"]),
    "host with a port": (rule(hosts=["shop.io:8443"]), ["'shop.io:8443' is no host pattern"]),
    "host without a dot": (rule(hosts=["shop"]), ["'shop' is no host pattern", "at least one dot"]),
    "host that is an address": (rule(hosts=["10.0.0.1"]), ["letters only after the last one"]),
    "host too long": (rule(hosts=[f"{'a' * 126}.io"]), ["is no host pattern", "128"]),
    "host with an umlaut": (rule(hosts=["müller.de"]), ["is no host pattern"]),
    "path with a query": (rule(paths=["/a?b=c"]), ["'/a?b=c' is no path pattern", "without the query"]),
    "path too long": (rule(paths=[f"/{'a' * 128}"]), ["is no path pattern", "128"]),
    "path without a slash": (rule(paths=["api/*"]), ["paths.0: 'api/*' begins with no slash", "write it as /api/*"]),
    "header called host": (rule(headers={"Host": ["a.io"]}), ["'Host' is matched by a host condition only"]),
    "header with a wildcard": (rule(headers={"X-*": ["a"]}), ["'X-*' is no header's name"]),
    "header without values": (rule(headers={"X-Test": []}), ["headers.X-Test is []", "at least 1"]),
    "method in small letters": (rule(methods=["get"]), ["methods.0: 'get' is no request method"]),
    "source that is no range": (rule(sourceIps=["10.0.0.1"]), ["sourceIps.0: '10.0.0.1' is no range of addresses"]),
    "empty query value": (rule(queryStrings=[{"key": "a", "value": ""}]), ["'' is no value to look for"]),
    "several rules": (
        put("services.web.loadBalancer", shared([RULE, {"priority": 11, "paths": ["/api/*"]}])),
        ["services.web.loadBalancer has 2 rules", "bring their conditions into one rule"],
    ),
    "several test rules": (
        put("services.web.loadBalancer", shared(test={"arn": TEST_LISTENER, "rules": [RULE, {**RULE, "priority": 11}]})),
        ["has 2 rules for one kind of traffic"],
    ),
    "no rules": (put("services.web.loadBalancer", shared([])), ["listener.rules is []", "at least 1"]),
    "no listener": (
        put("services.web.loadBalancer", {"listener": {"rules": [RULE]}, "securityGroupId": GROUP}),
        ["needs exactly one of arn (a listener owned elsewhere) and service"],
    ),
    "listener that is a load balancer": (
        put("services.web.loadBalancer.listener", {"arn": f"{ELB}:loadbalancer/app/shared/0123456789abcdef", "rules": [RULE]}),
        ["listener.arn is", "must have the form of arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/"],
    ),
    "listener of a network load balancer": (
        put("services.web.loadBalancer.listener", {"arn": LISTENER.replace("/app/", "/net/"), "rules": [RULE]}),
        ["listener.arn is"],
    ),
    "listener without its group": (
        put("services.web.loadBalancer", {"listener": {"arn": LISTENER, "rules": [RULE]}}),
        ["listener.arn and securityGroupId belong together"],
    ),
    "group of a service of the stack": (
        two(OWN, {**OF_A, "securityGroupId": GROUP}), ["listener.arn and securityGroupId belong together"],
    ),
    "listener and port": (put("services.web.loadBalancer", {**shared(), "port": 443}), ["listener and port are given together"]),
    "listener and certificate": (
        put("services.web.loadBalancer", {**shared(), "certificateArn": CERTIFICATE, "testPort": 9443}),
        ["listener and certificateArn, testPort are given together", "its owner's"],
    ),
    "listener and subnets": (put("services.web.loadBalancer", {**shared(), **OWN}), ["needs exactly one of arn"]),
    "test listener that is production's": (
        put("services.web.loadBalancer", shared(test={"arn": LISTENER, "rules": [{**RULE, "priority": 11}]})),
        ["is the production listener itself"],
    ),
    "test listener of another load balancer": (
        put("services.web.loadBalancer", shared(test={"arn": ELSEWHERE, "rules": [RULE]})),
        ["is on another load balancer", "name a listener of the same"],
    ),
    "test traffic without a listener": (
        put("services.web.loadBalancer", shared(test={"rules": [{**RULE, "priority": 11}]})),
        ["listener.test has no arn", "CodeDeploy takes test traffic from a listener of its own"],
    ),
    "one priority of a listener twice": (
        two(shared(), shared([{"priority": 10, "paths": ["/b/*"]}])),
        ["services a and b both give a rule of arn:aws:elasticloadbalancing", "the priority 10", "choose another"],
    ),
    "one priority of a service's listener twice": (
        two({**OWN, "rules": [RULE], "defaultAnswer": {"statusCode": 404}}, OF_A),
        ["services a and b both give", "the listener of service a the priority 10"],
    ),
    "listener of a service that is not there": (
        two(OWN, {"listener": {"service": "web", "rules": [RULE]}}),
        ["services.b.loadBalancer.listener.service 'web' is no other service", "name one of a"],
    ),
    "listener of itself": (
        two(OWN, {"listener": {"service": "b", "rules": [RULE]}}), ["'b' is no other service of this stack"],
    ),
    "listener of one that shares": (
        two({"listener": {"service": "b", "rules": [RULE]}}, OF_A), ["is no other service of this stack with a listener of its own"],
    ),
    "test traffic by a service without a test listener": (
        two(OWN, {"listener": {"service": "a", "rules": [RULE], "test": {"rules": [RULE]}}}),
        ["service a has no testPort: give either"],
    ),
    "redirect without a certificate": (balancer(redirectHttp=True), ["redirectHttp needs HTTPS, and there is no certificateArn"]),
    "redirect on the test port": (
        balancer(redirectHttp=True, certificateArn=CERTIFICATE, testPort=80), ["redirectHttp answers on port 80"],
    ),
    "further certificates without a first": (
        balancer(furtherCertificateArns=[CERTIFICATE]), ["furtherCertificateArns needs HTTPS"],
    ),
    "further certificate twice": (
        balancer(certificateArn=CERTIFICATE, furtherCertificateArns=[CERTIFICATE] * 2), ["stands there more than once"],
    ),
    "answer without rules": (balancer(defaultAnswer={"statusCode": 404}), ["rules and defaultAnswer belong together"]),
    "rules without an answer": (balancer(rules=[RULE]), ["rules and defaultAnswer belong together"]),
    "answer that redirects": (
        balancer(rules=[RULE], defaultAnswer={"statusCode": 302}), ["statusCode 302 is none that a load balancer answers itself"],
    ),
    "answer too long": (
        balancer(rules=[RULE], defaultAnswer={"statusCode": 404, "body": "x" * 1025}), ["defaultAnswer.body is", "1024"],
    ),
    "idle timeout": (balancer(idleTimeoutSeconds=4001), ["idleTimeoutSeconds is 4001", "4000"]),
    "deregistration delay": (balancer(deregistrationDelaySeconds=3601), ["deregistrationDelaySeconds is 3601", "3600"]),
    "access logs below their own name": (
        balancer(accessLogs={"bucket": "logs", "prefix": "a/AWSLogs"}), ["prefix 'a/AWSLogs' has AWSLogs in it"],
    ),
    "access logs of an address": (balancer(accessLogs={"bucket": "s3://logs"}), ["accessLogs.bucket is 's3://logs'"]),
    "attributes of somebody else's load balancer": (
        put("services.web.loadBalancer", {
            "arn": f"{ELB}:loadbalancer/app/shared/0123456789abcdef", "securityGroupId": GROUP, "port": 8443,
            "accessLogs": {"bucket": "logs"}, "idleTimeoutSeconds": 90,
        }),
        ["accessLogs and idleTimeoutSeconds of a load balancer that is there already are its owner's"],
    ),
}  # fmt: skip

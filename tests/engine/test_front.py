"""What a load balancer has besides, and a rule on its listener, made and taken away again under the real engine."""

import copy
from typing import Any

import pytest

from rehearsal.pulumi_engine.stack import Stack
from rehearsal.world.cloud import Cloud

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0000"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
OPTIONAL = {
    "furtherCertificateArns": [f"{CERTIFICATE}1", f"{CERTIFICATE}2"],
    "redirectHttp": True,
    "idleTimeoutSeconds": 90,
    "accessLogs": {"bucket": "shop-access-logs", "prefix": "stg"},
    "deregistrationDelaySeconds": 7,
}
RULES = [{"priority": 10, "hosts": ["api.example.com"]}]


@pytest.fixture(scope="module")
def full(stg: Stack) -> Stack:
    """Everything given, and a second service on the first one's listener."""

    def give(config: dict[str, Any]) -> None:
        web = config["delivery:services"]["web"]
        web["loadBalancer"].update(
            copy.deepcopy(OPTIONAL), port=443, certificateArn=CERTIFICATE, testPort=8443
        )
        api = copy.deepcopy(web)
        test = {"rules": copy.deepcopy(RULES)}
        api["loadBalancer"] = {"listener": {"service": "web", "rules": copy.deepcopy(RULES), "test": test}}
        config["delivery:services"]["api"] = api

    stg.edit(give)
    stg.up()
    return stg


def names(cloud: Cloud, type_: str) -> list[str]:
    return sorted(one.name for one in cloud.declared(f"aws:lb/{type_}"))


def test_what_is_taken_away_of_a_load_balancer_is_gone(full: Stack, cloud: Cloud) -> None:
    """After a refresh too: the provider keeps what it computes when the program leaves it out."""
    assert full.up().changes == {}, "what was made is what was asked for"
    assert full.refresh().drift() == {}, "and what is there"
    certificates = ["web-certificate-00001", "web-certificate-00002"]
    of_tests = [one.replace("web-", "web-test-") for one in certificates]
    assert names(cloud, "listenerCertificate:ListenerCertificate") == [*certificates, *of_tests]
    assert names(cloud, "listenerRule:ListenerRule") == ["api-rule", "api-test-rule"]

    def take(config: dict[str, Any]) -> None:
        services = config["delivery:services"]
        for key in ("redirectHttp", "idleTimeoutSeconds", "accessLogs", "deregistrationDelaySeconds"):
            del services["web"]["loadBalancer"][key]
        services["web"]["loadBalancer"]["furtherCertificateArns"] = [f"{CERTIFICATE}2"]
        del services["api"]["loadBalancer"]["listener"]["test"]

    full.edit(take)
    full.up()
    sent = cloud.one(BALANCER).inputs
    assert (sent["idleTimeout"], sent["accessLogs"]["enabled"]) == (60, False)
    kept = ["web-certificate-00002", "web-test-certificate-00002"]
    assert names(cloud, "listenerCertificate:ListenerCertificate") == kept, "the first goes alone"
    assert names(cloud, "listenerRule:ListenerRule") == ["api-rule"]
    assert "web-http-redirect" not in names(cloud, "listener:Listener")
    assert full.up().changes == {}

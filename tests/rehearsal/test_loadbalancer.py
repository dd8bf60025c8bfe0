"""The load balancer by real HTTP. Documents are those of elasticloadbalancing/latest/application unless named."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.elb.health_check import HealthCheck
from rehearsal.elb.service import LOAD_BALANCER, LoadBalancers
from rehearsal.identity.authority import Authority
from rehearsal.world.cloud import Cloud
from tests.rehearsal.bluegreen_world import (
    BALANCER,
    BLUE,
    GREEN,
    PRODUCTION,
    TEST,
    counted,
    declare,
    declare_balancer,
    eventually,
    get,
    new_cloud,
)
from tests.rehearsal.fake_tasks import served


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return new_cloud("http://127.0.0.1:1", Authority(), tmp_path)


@pytest.fixture
def balancers(cloud: Cloud) -> Iterator[LoadBalancers]:
    with LoadBalancers(cloud) as running:
        yield running


def healthy(balancers: LoadBalancers, group: str, port: int) -> None:
    eventually(lambda: balancers.health(group) == {f"127.0.0.1:{port}": "healthy"})


def test_a_group_without_targets_answers_503(balancers: LoadBalancers) -> None:
    assert get(balancers.url(PRODUCTION))[0] == 503, "load-balancer-troubleshooting, HTTP 503"


def test_a_healthy_target_answers_through_the_listener(balancers: LoadBalancers) -> None:
    with served("v1") as port:
        balancers.register(BLUE, "127.0.0.1", port)
        healthy(balancers, BLUE, port)
        assert get(balancers.url(PRODUCTION)) == (200, "v1")


def test_a_target_learns_of_client_protocol_and_port_and_of_nothing_hop_by_hop(
    balancers: LoadBalancers,
) -> None:
    with served("v1") as port:
        balancers.register(BLUE, "127.0.0.1", port)
        seen = json.loads(
            get(f"{balancers.url(PRODUCTION)}/headers", **{"X-Forwarded-For": "203.0.113.7", "TE": "x"})[1]
        )
        assert seen["x-forwarded-for"] == "203.0.113.7, 127.0.0.1", "x-forwarded-headers, append"
        assert seen["x-forwarded-proto"] == "https", (
            "the declared listener's protocol, though served as HTTP here"
        )
        assert seen["x-forwarded-port"] == "443"
        assert seen["x-amzn-trace-id"].startswith("Root=1-"), "load-balancer-request-tracing"
        assert "te" not in seen, "hop-by-hop headers end at the load balancer (RFC 9110, 7.6.1)"


def test_a_body_streams_both_ways(balancers: LoadBalancers) -> None:
    sent = b"x" * 3_000_000
    with served("v1") as port:
        balancers.register(BLUE, "127.0.0.1", port)
        with urllib.request.urlopen(f"{balancers.url(PRODUCTION)}/upload", sent, timeout=5) as answer:
            assert answer.read() == sent


def test_a_new_target_is_healthy_after_one_success_and_an_unhealthy_one_only_after_the_threshold() -> None:
    """target-group-health-checks: "it must pass one health check to be considered healthy"."""
    check = HealthCheck.of({"healthCheck": {"matcher": "200,301-302", "healthyThreshold": 5.0}})
    assert (check.accepts(200), check.accepts(302), check.accepts(404)) == (True, True, False)
    assert check.healthy_threshold == 5


def test_a_wrong_status_makes_a_target_unhealthy_with_aws_reason_code(balancers: LoadBalancers) -> None:
    with served("unhealthy") as port:
        balancers.register(BLUE, "127.0.0.1", port)
        eventually(lambda: balancers.health(BLUE) == {f"127.0.0.1:{port}": "unhealthy"})
        assert balancers.reasons(BLUE) == {f"127.0.0.1:{port}": "Target.ResponseCodeMismatch [500]"}
        assert balancers.points(BLUE, "UnHealthyHostCount")[-1].value == 1


def test_when_no_target_is_healthy_all_get_requests(balancers: LoadBalancers) -> None:
    with served("unhealthy") as port:
        balancers.register(BLUE, "127.0.0.1", port)
        eventually(lambda: "unhealthy" in balancers.health(BLUE).values())
        assert get(balancers.url(PRODUCTION))[0] == 200, (
            'target-group-health-checks: "the load balancer fails open"'
        )


def test_a_target_that_refuses_connections_is_first_waited_for_then_unhealthy(
    balancers: LoadBalancers,
) -> None:
    balancers.register(BLUE, "127.0.0.1", 1)
    assert balancers.health(BLUE) == {"127.0.0.1:1": "initial"}, "real programs need real time to start"
    eventually(lambda: balancers.health(BLUE) == {"127.0.0.1:1": "unhealthy"})
    assert get(balancers.url(PRODUCTION))[0] == 502, "load-balancer-troubleshooting, HTTP 502"
    assert counted(balancers, BLUE, "HTTPCode_Target_5XX_Count") == 0, "the target did not answer this 502"


def test_a_target_that_hangs_up_gives_502(balancers: LoadBalancers) -> None:
    with served("v1") as port:
        balancers.register(BLUE, "127.0.0.1", port)
        assert get(f"{balancers.url(PRODUCTION)}/drop")[0] == 502


def test_targets_of_a_group_behind_no_listener_are_unused_and_not_checked(balancers: LoadBalancers) -> None:
    with served("v1") as port:
        balancers.register(GREEN, "127.0.0.1", port)
        assert balancers.health(GREEN) == {f"127.0.0.1:{port}": "unused"}
        assert balancers.reasons(GREEN) == {f"127.0.0.1:{port}": "Target.NotInUse"}
        balancers.forward(PRODUCTION, {BLUE: 1, GREEN: 0})
        healthy(balancers, GREEN, port)
        assert get(balancers.url(PRODUCTION))[0] == 503, (
            "weight 0 gets no request, and nothing fails over to it"
        )


def test_weights_share_requests_exactly(balancers: LoadBalancers) -> None:
    with served("v1") as one, served("v2") as two:
        balancers.register(BLUE, "127.0.0.1", one)
        balancers.register(GREEN, "127.0.0.1", two)
        balancers.forward(PRODUCTION, {BLUE: 90, GREEN: 10})
        answers = [get(balancers.url(PRODUCTION))[1] for _ in range(20)]
        assert (answers.count("v1"), answers.count("v2")) == (18, 2)
        assert counted(balancers, GREEN, "RequestCount") == 2
        assert get(balancers.url(TEST))[1] == "v1", "another listener is not touched"


def test_a_draining_target_gets_nothing_new_and_finishes_what_it_has(balancers: LoadBalancers) -> None:
    """edit-target-group-attributes, "Deregistration delay"."""
    answers: list[tuple[int, str]] = []
    with served("v1") as port:
        balancers.register(BLUE, "127.0.0.1", port)
        healthy(balancers, BLUE, port)
        client = threading.Thread(target=lambda: answers.append(get(f"{balancers.url(PRODUCTION)}/slow")))
        client.start()
        eventually(lambda: counted(balancers, BLUE, "RequestCount") == 1)
        balancers.deregister(BLUE, "127.0.0.1", port)
        assert get(balancers.url(PRODUCTION))[0] == 503, "nothing new goes to a drained target"
        client.join()
    assert answers == [(200, "v1")]
    assert balancers.health(BLUE) == {}


def test_5xx_answers_of_targets_are_counted(balancers: LoadBalancers) -> None:
    with served("broken") as port:
        balancers.register(BLUE, "127.0.0.1", port)
        assert get(balancers.url(PRODUCTION))[0] == 500
        assert counted(balancers, BLUE, "HTTPCode_Target_5XX_Count") == 1
        assert len(balancers.points(BLUE, "HTTPCode_Target_5XX_Count")) == 1


def test_an_unknown_listener_is_named_with_those_there_are(balancers: LoadBalancers) -> None:
    with pytest.raises(LookupError, match="is not a declared listener; declared are"):
        balancers.url("arn:nothing")


def test_everything_stops_and_the_port_is_free(cloud: Cloud) -> None:
    declare_balancer(cloud)
    with LoadBalancers(cloud) as running:
        url = running.url(PRODUCTION)
    with pytest.raises(OSError, match="refused"):
        get(url)
    running.stop()


def test_a_target_that_is_silent_longer_than_the_idle_timeout_is_given_up(cloud: Cloud) -> None:
    """load-balancer-troubleshooting, HTTP 504; the timeout is the load balancer's own."""
    declare(cloud, LOAD_BALANCER, "shop", arn=BALANCER, idleTimeout=1)
    with LoadBalancers(cloud) as running, served("v1") as port:
        assert running.listener(PRODUCTION).entrance.idle == 1
        running.register(BLUE, "127.0.0.1", port)
        healthy(running, BLUE, port)
        assert get(f"{running.url(PRODUCTION)}/silent")[0] == 504

"""Values AWS would refuse are refused when settings load, what it takes is taken, and messages say the right form."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from settings import Settings, SettingsError, parse
from settings.examples import EXAMPLES
from tests.unit.edits import put
from tests.unit.harness import raw_settings, settings

CODES = "services.web.healthCheck.statusCodes"
CIDRS = "services.web.loadBalancer.allowedCidrs"


def _refusal(path: str, value: Any) -> str:
    with pytest.raises(SettingsError) as refused:
        settings(put(path, value))
    return str(refused.value)


@pytest.mark.parametrize("codes", ["200", "200-499", "200,302", "200-299,401", "200-200"])
def test_status_codes_a_load_balancer_takes_are_taken(codes: str) -> None:
    assert settings(put(CODES, codes)).services["web"].health_check.status_codes == codes


@pytest.mark.parametrize(
    "codes",
    [
        "200-599",
        "200,500",
        "100-600",
        "200-299-300",
        "299-200",
        "199-200",
        "200,",
        "200, 302",
        "20",
        "2000",
        "200\u2013299",
        "٢٠٠",
    ],
)
def test_status_codes_a_load_balancer_refuses_are_refused(codes: str) -> None:
    """Elastic Load Balancing API Reference, Matcher: 200 to 499."""
    text = _refusal(CODES, codes)
    assert text.startswith(f"delivery:{CODES}: "), text


def test_a_health_check_path_has_as_many_characters_as_a_target_group_takes() -> None:
    """Elastic Load Balancing API Reference, CreateTargetGroup, HealthCheckPath: 1 to 1024."""
    longest = "/" + "a" * 1023
    assert (
        settings(put("services.web.healthCheck.path", longest)).services["web"].health_check.path == longest
    )
    assert "1024" in _refusal("services.web.healthCheck.path", longest + "a")


def test_a_range_with_host_bits_is_sent_as_ec2_keeps_it() -> None:
    """Amazon EC2 API Reference, IpRange: 100.68.0.18/18 is 100.68.0.0/18; the provider refuses the first form."""
    given = settings(put(CIDRS, ["100.68.0.18/18", "10.1.2.3/32"])).services["web"].load_balancer
    assert given
    assert given.allowed_cidrs == ["100.68.0.0/18", "10.1.2.3/32"]


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        (["10.0.0.0/8", "10.0.0.0/8"], "names 10.0.0.0/8 more than once"),
        (["10.0.0.0/8", "10.1.0.0/8"], "names 10.0.0.0/8 more than once"),
        (["10.0.0.0"], "write it as 10.0.0.0/8"),
        (["10.0.0.0/255.0.0.0"], "write it as 10.0.0.0/8"),
        (["10.0.0.0/0.255.255.255"], "write it as 10.0.0.0/8"),
        (["010.0.0.0/8"], "write it as 10.0.0.0/8"),
        (["10.0.0.0/33"], "write it as 10.0.0.0/8"),
        ([" 10.0.0.0/8"], "write it as 10.0.0.0/8"),
        (["::/0"], "IPv6, which this load balancer does not speak"),
        (["2001:db8::/32"], "IPv6"),
        ([], "at least 1"),
        ([f"10.0.{i}.0/24" for i in range(61)], "61 ranges for 1 ports; a security group holds 60 rules"),
        ("0.0.0.0/0", "a list belongs there"),
    ],
)
def test_ranges_ec2_would_refuse_are_refused(ranges: Any, words: str) -> None:
    assert words in _refusal(CIDRS, ranges)


def test_each_port_of_a_load_balancer_counts_its_ranges() -> None:
    ranges = [f"10.0.{i}.0/24" for i in range(31)]
    given = settings(put(CIDRS, ranges)).services["web"].load_balancer
    assert given
    assert given.allowed_cidrs == ranges

    def with_test_port(raw: dict[str, Any]) -> None:
        raw["services"]["web"]["loadBalancer"].update(allowedCidrs=ranges, testPort=8443)

    with pytest.raises(SettingsError, match="31 ranges for 2 ports"):
        settings(with_test_port)


def test_a_task_has_ten_containers_at_most() -> None:
    sidecars = [{"name": f"s{i}", "image": "x:1"} for i in range(10)]
    assert len(settings(put("services.web.sidecars", sidecars[:9])).services["web"].sidecars) == 9
    assert "at most 9" in _refusal("services.web.sidecars", sidecars)


@pytest.mark.parametrize("path", ["migration.command", "services.web.command", "services.web.entryPoint"])
def test_an_empty_word_is_an_argument_like_any_other(path: str) -> None:
    """Amazon ECS API Reference, ContainerDefinition: `command` and `entryPoint` are strings without a rule."""
    taken = settings(put(path, ["psql", "--password", ""]))
    assert ["psql", "--password", ""] in (
        taken.migration.command,
        taken.services["web"].command,
        taken.services["web"].entry_point,
    )


def test_an_empty_entry_point_is_the_images_own_wherever_it_stands() -> None:
    assert settings(put("migration.entryPoint", [])).migration.entry_point == []
    assert settings(put("services.web.entryPoint", [])).services["web"].entry_point == []


def test_a_whole_number_written_with_a_point_is_taken() -> None:
    assert settings(put("services.web.port", 8080.0)).services["web"].port == 8080


@pytest.mark.parametrize(
    "path",
    [
        "services.web.port",
        "services.web.cpu",
        "services.web.loadBalancer.testPort",
        "release.blueRetentionMinutes",
        "migration.logRetentionDays",
    ],
)
@pytest.mark.parametrize("value", [True, False])
def test_a_truth_value_is_no_number(path: str, value: bool) -> None:  # noqa: FBT001  (a case)
    assert "a number belongs there" in _refusal(path, value)


def _numbers(schema: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "integer":
            yield path, schema
        for key, inner in schema.items():
            yield from _numbers(inner, f"{path}.{key}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from _numbers(inner, f"{path}.{index}")


def test_every_number_has_an_end() -> None:
    """One of thousands of digits would break what carries settings to the engine."""
    schema = Settings.model_json_schema(by_alias=True)
    endless = [
        path
        for path, number in _numbers(schema, "")
        if not {"maximum", "exclusiveMaximum", "enum", "const"} & set(number)
        and not path.endswith((".cpu", ".memory"))  # a table of sizes ends these
    ]
    assert endless == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            "source.push.tag",
            1.10,
            ["source.push.tag is 1.1", "YAML reads it as a number", "put it in quotes"],
        ),
        (
            "source.push.tag",
            date(2026, 1, 2),
            ["'2026-01-02'", "YAML reads it as a date", "put it in quotes"],
        ),
        ("source.push.tag", True, ["source.push.tag is true", "a truth value", "put it in quotes"]),
        ("source.push.tag", None, ["source.push.tag is null", "there is nothing"]),
        ("source.push.tag", ["stg"], ["it is a list, and text belongs there"]),
        ("images", ["shop"], ["images is ['shop']", "it is a list, and a map belongs there"]),
        ("images", "shop", ["it is one text, and a map belongs there"]),
        ("services", ["web"], ["a map belongs there", "lines of `key: value`"]),
        ("services.web", None, ["a map belongs there"]),
        ("services.web.environment", ["A=b"], ["a map belongs there"]),
        ("migration.command", "python migrate.py", ["a list belongs there", "[first, second]"]),
        ("services.web.port", datetime(2026, 1, 2, tzinfo=UTC), ["valid integer"]),
        ("network.vpcId", "vpc-1", ["must have the form of vpc-0123456789abcdef0"]),
        ("services.web.cluster", "a b", ["must have the form of apps-stg"]),
        ("notify.emails", ["me"], ["must have the form of team@shop.io"]),
    ],
)
def test_a_message_says_what_was_seen_and_what_is_right(path: str, value: Any, words: list[str]) -> None:
    text = _refusal(path, value)
    assert all(word in text for word in words), text
    assert not any(word in text for word in ("datetime", "<class", "dictionary", "instance of", "None")), text


def _forms(model: Any, schema: Any, path: str) -> Iterator[str]:
    """Paths of the settings that have a form, without the writer's own names."""
    if "$ref" in schema:
        yield from _forms(model, model["$defs"][schema["$ref"].rpartition("/")[2]], path)
    if "pattern" in schema or "pattern" in schema.get("propertyNames", {}):
        yield path
    for key, inner in schema.get("properties", {}).items():
        yield from _forms(model, inner, f"{path}.{key}" if path else key)
    for inner in (*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from _forms(model, inner, path)


def test_every_form_has_an_example() -> None:
    schema = Settings.model_json_schema(by_alias=True)
    assert sorted(set(_forms(schema, schema, "")) - set(EXAMPLES)) == [], "add one to settings/examples.py"


@pytest.mark.parametrize(
    "path",
    [
        "application",
        "source.push.tag",
        "images.app.repository",
        "network.vpcId",
        "services.web.cluster",
        "services.web.healthCheck.path",
    ],
)
def test_an_example_is_right(path: str) -> None:
    raw = raw_settings()
    put(path, EXAMPLES[path.replace(".web", "").replace(".app", "")])(raw)
    assert json.dumps(parse(raw).model_dump(mode="json"))

"""What is rendered is held against AWS's sizes before anything is made: at a preview too, when ARNs are not known yet."""

import json
from typing import Any

import pulumi
import pytest

from documents import limits
from settings import MOST_SERVICES
from tests.unit.harness import Config, deployed_stack

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/stg/{}-AbCdEf"


def _refusal(change: Any) -> str:
    with pytest.raises(pulumi.RunError) as refused:
        deployed_stack("stg", change)
    return str(refused.value)


def _web(config: Config) -> dict[str, Any]:
    return config["delivery:services"]["web"]


def _environment(count: int, length: int) -> Any:
    def change(config: Config) -> None:
        _web(config)["environment"] = {f"VARIABLE_{i:03d}": "x" * length for i in range(count)}

    return change


def test_a_task_definition_of_eighty_kilobytes_is_refused_before_anything_migrates() -> None:
    """AWS General Reference, ecs-service: 64 KB; RegisterTaskDefinition would say so after the migration."""
    text = _refusal(_environment(90, 900))
    assert text.startswith("delivery:services.web (environment, secrets, command, sidecars): "), text
    assert "the task definition shop-stg-web has" in text
    assert "ECS takes 65536" in text


def test_a_task_definition_just_below_the_limit_is_taken() -> None:
    graph = deployed_stack("stg", _environment(70, 850))
    [template] = [one for one in graph.all("BucketObjectv2") if "taskdef" in one.name]
    assert 60_000 < len(template.inputs["content"]) < 70_000, "the case is near the limit"


def test_letters_count_as_the_bytes_they_travel_in() -> None:
    def change(config: Config) -> None:
        _web(config)["environment"] = {"GREETING": "ä" * 12_000}

    assert "ECS takes 65536" in _refusal(change), "twelve thousand umlauts are 72,000 bytes of JSON"


def test_the_longest_sidecar_command_counts_too() -> None:
    def change(config: Config) -> None:
        _web(config)["sidecars"] = [{"name": "otel", "image": "otel:1", "command": ["x" * 66_000]}]

    assert "the task definition shop-stg-web" in _refusal(change)


def test_statements_that_outgrow_a_role_are_refused() -> None:
    def change(config: Config) -> None:
        _web(config)["taskRoleStatements"] = [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::bucket-{i}/{'x' * 100}/*",
            }
            for i in range(70)
        ]

    text = _refusal(change)
    assert text.startswith(
        "delivery:services.web.taskRoleStatements: the policy of role shop-stg-web-task has "
    ), text
    assert "IAM takes 10240" in text


def test_derived_statements_count_for_the_migration_and_the_service() -> None:
    """IAM User Guide, reference_iam-quotas: all inline policies of a role together."""
    secrets = {f"SECRET_{i}": SECRET.format(f"{i:03d}{'s' * 50}") for i in range(90)}

    def migration(config: Config) -> None:
        config["delivery:migration"]["secrets"] = secrets

    def service(config: Config) -> None:
        _web(config)["secrets"] = secrets

    assert "the policy of role shop-stg-migrate has" in _refusal(migration)
    assert "the policy of role shop-stg-web-execution has" in _refusal(service)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"environment": {"LICENSE": "x" * 131_060}}, "delivery:migration.environment.LICENSE: the variable"),
        ({"environment": {"LICENSE": "ß" * 70_000}}, "has 1400"),
        (
            {"command": ["load", "x" * 131_060]},
            "delivery:migration (command, entryPoint, names of variables)",
        ),
        ({"entryPoint": ["sh", "-c", "y" * 140_000]}, "the variable DELIVERY_ENTRY_POINT has"),
        (
            {"environment": {f"{number:0200}": "" for number in range(700)}},
            "the variable DELIVERY_VARIABLES has",
        ),
    ],
)
def test_what_no_program_can_be_started_with_is_refused_before_a_build_fails_of_it(
    change: Config, told: str
) -> None:
    """execve(2), MAX_ARG_STRLEN: 131,072 bytes with the closing NUL, for each variable."""
    text = _refusal(lambda config: config["delivery:migration"].update(change))
    assert told in text, text
    assert "Linux takes 131071" in text, text


def test_the_longest_variable_that_a_program_can_have_is_taken() -> None:
    longest = "x" * (131_071 - len("DELIVERY_VALUE_0="))
    graph = deployed_stack(
        "stg", lambda config: config["delivery:migration"].update(environment={"A": longest})
    )
    variables = graph.one("Project").inputs["environment"]["environmentVariables"]
    assert any(one["value"] == longest for one in variables)


def test_white_space_does_not_count() -> None:
    text = json.dumps({"Statement": ["x" * 10_000]}, indent=400)
    limits.check_policy("r", text, "delivery:x")
    with pytest.raises(limits.LimitError, match="IAM takes 10240"):
        limits.check_policy("r", json.dumps({"Statement": ["x" * 10_240]}), "delivery:x")


def test_a_descriptor_that_outgrows_its_parameter_is_refused() -> None:
    """Systems Manager API Reference, PutParameter: 8 KB."""

    def change(config: Config) -> None:
        web = _web(config)
        web.update(cluster="c" * 255, container="d" * 255)
        config["delivery:services"] = {f"{'s' * 18}{index:02d}": web for index in range(MOST_SERVICES)}

    text = _refusal(change)
    assert "the parameter /delivery/shop/stg has" in text
    assert "Systems Manager takes 8192" in text


def test_a_parameters_bytes_are_counted_not_its_letters() -> None:
    limits.check_parameter("/p", "x" * 8192, "delivery:x")
    with pytest.raises(limits.LimitError, match="8194 bytes"):
        limits.check_parameter("/p", "ä" * 4097, "delivery:x")

"""A database rule that somebody forgot shows in the rehearsal, as it would on AWS."""

from typing import Any

import pytest

import rehearsal.rehearsal as whole
from rehearsal.application import V1
from rehearsal.cloud import Cloud
from rehearsal.containers.engine import Engine
from rehearsal.containers.level import ContainerLevel
from rehearsal.containers.securitygroups import INGRESS
from rehearsal.executions import FAILED


def test_a_build_without_a_database_rule_cannot_migrate(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare = whole.declare

    def forgetful(cloud: Cloud, stack: str, config: Any) -> None:
        declare(cloud, stack, config)
        cloud.remove(next(rule.urn for rule in cloud.declared(INGRESS) if "migrat" in rule.name))

    monkeypatch.setattr(whole, "declare", forgetful)
    with whole.rehearsing("stg", level=ContainerLevel) as rehearsal:
        execution = rehearsal.release_of(rehearsal.push(V1))
        assert execution.status == FAILED
        assert "migration failed" in (execution.action("Migrate").error_message or "")
        said = [entry.message for entry in rehearsal.journal.entries("VPC")]
    assert said, "the journal says who was cut off"
    assert "no ingress rule on sg-000000000000000db lets sg-" in said[0]

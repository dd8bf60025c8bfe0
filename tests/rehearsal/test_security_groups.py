"""Who reaches the database at level container: by security groups, in both directions, at its own port.

AWS document: vpc/latest/userguide/security-group-rules.md.
"""

from pathlib import Path
from typing import Any

import pytest

from rehearsal.identity.authority import Authority
from rehearsal.levels.container.security_groups import GROUP, INGRESS, refusal
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.journal import Journal

DATABASE, TASKS = "sg-database", "sg-tasks"


def cloud(scratch: Path, rule: dict[str, Any], egress: dict[str, Any], port: int | None = 5432) -> Cloud:
    made = Cloud("http://127.0.0.1:1", Authority(), Journal(), scratch, database_port=port)
    group = {"egress": [egress]}
    made.add(Declared("urn:tasks", GROUP, "tasks", TASKS, group, group))
    entry = {"securityGroupId": DATABASE, "referencedSecurityGroupId": TASKS, **rule}
    made.add(Declared("urn:rule", INGRESS, "rule", "sgr-1", entry, entry))
    return made


def tcp(first: int, last: int) -> dict[str, Any]:
    return {"ipProtocol": "tcp", "protocol": "tcp", "fromPort": first, "toPort": last}


ALL: dict[str, Any] = {"ipProtocol": "-1", "protocol": "-1", "fromPort": 0, "toPort": 0}


@pytest.mark.parametrize(
    "rule", [tcp(5432, 5432), tcp(5000, 6000), {**tcp(0, 65535), "ipProtocol": "6"}, ALL]
)
def test_a_rule_whose_ports_have_the_database_s_among_them_lets_in(
    tmp_path: Path, rule: dict[str, Any]
) -> None:
    assert refusal(cloud(tmp_path, rule, ALL), [TASKS]) is None


@pytest.mark.parametrize(
    "rule", [tcp(5433, 5433), tcp(3306, 3306), tcp(0, 5431), {**tcp(5432, 5432), "ipProtocol": "udp"}]
)
def test_a_rule_for_other_ports_lets_nobody_in(tmp_path: Path, rule: dict[str, Any]) -> None:
    why = refusal(cloud(tmp_path, rule, ALL), [TASKS])
    assert why == "no ingress rule on sg-database lets sg-tasks in at the database's port 5432"


def test_the_database_s_port_is_the_stack_s(tmp_path: Path) -> None:
    assert refusal(cloud(tmp_path, tcp(3306, 3306), ALL, port=3306), [TASKS]) is None
    assert refusal(cloud(tmp_path, tcp(1, 1), ALL, port=None), [TASKS]) is None, "a stack that does not say"


def test_the_other_direction_is_asked_for_the_same_port(tmp_path: Path) -> None:
    wide = tcp(0, 65535)
    assert refusal(cloud(tmp_path, wide, tcp(5432, 5432)), [TASKS]) is None
    why = refusal(cloud(tmp_path, wide, tcp(443, 443)), [TASKS])
    assert why == "no egress rule of sg-tasks lets anything out to sg-database"
    assert refusal(cloud(tmp_path, wide, tcp(0, 0)), [TASKS]) is not None, (
        "the rule's first port is not the database's"
    )


def test_another_group_is_let_in_by_no_rule_for_this_one(tmp_path: Path) -> None:
    assert "lets sg-other in" in str(refusal(cloud(tmp_path, ALL, ALL), ["sg-other"]))

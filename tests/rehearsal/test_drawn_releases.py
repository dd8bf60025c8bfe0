"""A few of the settings that anybody may write, released for real: whatever loads takes a release of the sample application.

What the application itself decides (its commands, its health path, what it reads) is the sample's; everything else is drawn.
Seconds that are the application's own are real ones, so they are drawn small. Which settings are drawn depends on the models
alone, so that a failure comes again.
"""

import copy
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples

from rehearsal.codepipeline.status import ExecutionStatus
from rehearsal.ecr.registry_rules import TagRule
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.plays.versions import V1
from rehearsal.running.outside import Outside
from rehearsal.running.starting import rehearsing
from rehearsal.world.clock import Clock
from tests.valid_settings import Drawn, valid_settings

DATABASE = {
    "DATABASE_URL": "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/stg/database-AbCdEf:url::"
}
THE_APPLICATIONS = ("command", "entryPoint", "workingDirectory", "user", "protocol")
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
MOST_SERVICES = 2
MOST_TASKS = 2
CHECK = {"path": "/healthz", "intervalSeconds": 5, "timeoutSeconds": 2, "unhealthyThreshold": 3}


def of_the_sample(drawn: Drawn) -> Drawn:
    """Drawn settings with the sample application's own in their places."""
    raw = copy.deepcopy(drawn)
    raw["migration"] = {**_reading_the_database(raw["migration"]), "command": ["python", "migrate.py"]}
    for name in list(raw["services"])[MOST_SERVICES:]:
        del raw["services"][name]
    for name, service in raw["services"].items():
        _moved_by_codedeploy(service)
        check = {key: value for key, value in service.get("healthCheck", {}).items() if key == "statusCodes"}
        raw["services"][name] = {
            **_reading_the_database(service),
            "healthCheck": {**check, **CHECK},
            "desiredCount": min(service.get("desiredCount", MOST_TASKS), MOST_TASKS),
            "stopTimeoutSeconds": 5,
        }
    if "database" in raw["network"]:
        raw["network"]["database"]["port"] = 5432
    return raw


def _moved_by_codedeploy(service: Drawn) -> None:
    """A web service of the stack's own: pauses and functions of ECS's deployments are answered in tests of their own."""
    for others in ("existing", "serviceConnect", "furtherTargetGroups"):
        service.pop(others, None)
    service.setdefault("loadBalancer", {"publicSubnetIds": SUBNETS, "port": 8000})
    if "hooks" not in service.get("rollout", {}) or service["rollout"].get("by") == "ecs":
        service["rollout"] = {}


def _reading_the_database(group: Drawn) -> Drawn:
    kept: dict[str, Any] = {key: value for key, value in group.items() if key not in THE_APPLICATIONS}
    plain = {name: value for name, value in group.get("environment", {}).items() if name not in DATABASE}
    return {**kept, "environment": plain, "secrets": {**group.get("secrets", {}), **DATABASE}}


@examples(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(valid_settings())
def test_what_loads_is_released(drawn: Drawn) -> None:
    raw = of_the_sample(drawn)
    config = {"aws:region": "us-east-1", **{f"delivery:{key}": value for key, value in raw.items()}}
    [image] = raw["images"].values()
    moving = TagRule("IMMUTABLE_WITH_EXCLUSION", (raw["source"]["push"]["tag"],))
    outside = Outside(
        approve=lambda text: True,
        repository=TagRule() if image.get("createRepository", True) else moving,
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "Pulumi.drawn.yaml"
        file.write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
        clock = Clock(0.002, own=0.25)
        with rehearsing("drawn", level=ProcessLevel, stack_file=file, outside=outside, clock=clock) as world:
            release = world.pushes.release_of(world.team.push(V1))
            told = [one.error_message for one in release.actions]
            assert release.status == ExecutionStatus.SUCCEEDED, (told, raw)
            for now in world.users.answering():
                assert (now.version, now.status) == (V1.name, 200), (str(now), raw)

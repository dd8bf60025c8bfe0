"""Whole releases in China and GovCloud, of a stack whose account, secrets and images are not the example's."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from documents.place import Place
from rehearsal.host.project import ROOT
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.plays.versions import V1, V2
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.world.clock import Clock
from settings import SettingsError

THEIRS = "111122223333"
"""The stack's own account, as its file has it."""
OTHER = "444455556666"


def stack_file(folder: Path, region: str, other_region: str) -> Path:
    """The stg stack, moved: its load balancer shows whose account it is."""
    place = Place.of(THEIRS, region)
    document: Any = yaml.safe_load((ROOT / "Pulumi.stg.yaml").read_text(encoding="utf-8"))
    config = document["config"]
    config["aws:region"] = region
    shared = place.elsewhere(account=OTHER)
    there = place.elsewhere(region=other_region)
    database = f"{place.arn('secretsmanager', 'secret:shop/stg/database-AbCdEf')}:url"
    config["delivery:migration"]["secrets"] = {"DATABASE_URL": database}
    web = config["delivery:services"]["web"]
    web["loadBalancer"] = {
        "arn": place.arn("elasticloadbalancing", "loadbalancer/app/shared/0123456789abcdef"),
        "securityGroupId": "sg-0123456789abcdef0",
        "port": 80,
    }
    web["secrets"] = {
        "DATABASE_URL": database,
        "TOKEN": f"{shared.arn('secretsmanager', 'secret:token-AbCdEf')}:key",
        "FAR": there.arn("secretsmanager", "secret:far-AbCdEf"),
        "PARAMETER": "shop-parameter",
        "FAR_PARAMETER": there.arn("ssm", "parameter/shop/far"),
    }
    web["sidecars"] = [
        {"name": "envoy", "image": f"{shared.registry}/base/envoy:1"},
        {"name": "redis", "image": f"{place.registry}/docker-hub/library/redis:7"},
        {"name": "otel", "image": f"{there.registry}/otel:1"},
    ]
    path = folder / "Pulumi.stg.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def without_pulls_from(rehearsal: Rehearsal, account: str) -> None:
    """Take the repositories of an account out of the execution role's statements."""
    role = next(
        one.arn for one in rehearsal.cloud.declared("aws:iam/role:Role") if one.arn.endswith("web-execution")
    )
    for name, document in rehearsal.cloud.authority.policies(role).items():
        changed = json.loads(json.dumps(document))
        for statement in changed["Statement"]:
            if isinstance(statement["Resource"], list):
                statement["Resource"] = [
                    one for one in statement["Resource"] if f":{account}:repository" not in one
                ]
        rehearsal.cloud.authority.put_policy(role, name, changed)


@pytest.mark.parametrize(
    ("region", "other_region", "partition"),
    [("cn-north-1", "cn-northwest-1", "aws-cn"), ("us-gov-west-1", "us-gov-east-1", "aws-us-gov")],
)
def test_a_release_is_played_in_the_partition_of_its_region(
    region: str, other_region: str, partition: str, tmp_path: Path
) -> None:
    moved = stack_file(tmp_path, region, other_region)
    with rehearsing("stg", level=ProcessLevel, stack_file=moved) as rehearsal:
        rehearsal.cloud.clock = Clock(0.002)
        digest = rehearsal.team.push(V1)
        release = rehearsal.pushes.release_of(digest)
        told = "\n".join(entry.message for entry in rehearsal.journal.entries())
        assert release.status == "Succeeded", told
        assert f"account {THEIRS} is 123456789012 here" in told, "whoever reads on must know"
        resources = [call.resource for call in rehearsal.cloud.authority.calls if call.resource != "*"]
        assert resources
        wrong = [one for one in resources if not one.startswith(f"arn:{partition}:")]
        assert not wrong, "every call was decided on an ARN of the stack's own partition"
        revisions = rehearsal.cloud.client("ecs").list_task_definitions()["taskDefinitionArns"]
        assert all(one.startswith(f"arn:{partition}:ecs:{region}:") for one in revisions), revisions
        asked = {
            call.resource for call in rehearsal.cloud.authority.calls if call.action == "ecr:BatchGetImage"
        }
        assert f"arn:{partition}:ecr:{region}:{OTHER}:repository/base/envoy" in asked, (
            "a stand-in plays only the bytes"
        )

        without_pulls_from(rehearsal, OTHER)
        failed = rehearsal.pushes.release_of(rehearsal.team.push(V2))
        assert failed.status == "Failed", "without its grant an image cannot be pulled, whoever plays it"
        said = "\n".join(entry.message for entry in rehearsal.journal.entries())
        assert "CannotPullContainerError" in said
        assert (
            f"ecr:BatchGetImage on resource: arn:{partition}:ecr:{region}:{OTHER}:repository/base/envoy"
            in said
        )


def test_an_arn_of_another_partition_is_red_before_anything_starts(tmp_path: Path) -> None:
    path = stack_file(tmp_path, "us-gov-west-1", "us-gov-east-1")
    text = path.read_text(encoding="utf-8").replace("arn:aws-us-gov:secretsmanager", "arn:aws:secretsmanager")
    path.write_text(text, encoding="utf-8")
    with (
        pytest.raises(SettingsError, match="in partition aws; the stack is in aws-us-gov"),
        rehearsing("stg", level=ProcessLevel, stack_file=path),
    ):
        pass

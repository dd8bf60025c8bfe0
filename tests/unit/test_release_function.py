"""ReleaseFunction in the real program, and the package it runs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.release_function import package
from rehearsal.evaluation.program import plain
from rehearsal.host.project import ROOT
from rehearsal.lambda_.package import packed
from rehearsal.world.zips import unzipped
from settings import MOST_SERVICES
from tests.unit.harness import Config, Graph, deployed_stack
from tests.unit.worlds import EVERYTHING, KEY, world

ACCOUNT = "us-east-1:123456789012"
GROUPS = [f"arn:aws:codedeploy:{ACCOUNT}:deploymentgroup:shop-stg-web/shop-stg-web"]


def _function(name: str = "stg") -> Any:
    return world(name).one("Function").inputs


def _statements(graph: Graph) -> dict[str, Any]:
    policy = json.loads(graph.one("RolePolicy", "release-policy").inputs["policy"])
    return {action: one["Resource"] for one in policy["Statement"] for action in one["Action"]}


def test_the_function_is_pinned_and_outside_of_any_vpc() -> None:
    sent = _function()
    assert (sent["runtime"], sent["architectures"]) == ("python3.13", ["x86_64"])
    assert sent["handler"] == "release.handler.handle"
    assert not sent.get("vpcConfig"), "in a VPC it would need endpoints for everything it asks"
    assert not sent.get("publish"), "versions would pile up with every change"


def test_no_concurrency_is_reserved_so_that_a_fresh_account_takes_it() -> None:
    """A hundred must stay unreserved, and a new account has fewer (Lambda Developer Guide, configuration-concurrency)."""
    assert _function().get("reservedConcurrentExecutions") is None


def test_it_is_told_where_the_stack_says_what_there_is_and_nothing_else() -> None:
    assert _function()["environment"] == {"variables": {"DELIVERY_DESCRIPTOR": "/delivery/shop/stg"}}


def test_its_log_is_there_before_it_and_expires() -> None:
    graph = world("stg")
    group = graph.one("LogGroup", "release-log")
    assert group.inputs["name"] == "/delivery/shop/stg/release/function"
    assert group.inputs["retentionInDays"] == 90
    function = graph.one("Function")
    assert function.inputs["loggingConfig"]["logGroup"] == group.inputs["name"]
    assert {group.urn, graph.one("RolePolicy", "release-policy").urn} <= function.depends_on, (
        "else Lambda makes a group that never expires, or the first call may do nothing"
    )


def test_its_role_reads_this_stacks_things_and_changes_nothing() -> None:
    assert _statements(world("stg")) == {
        "codepipeline:PutJobFailureResult": "*",
        "codepipeline:PutJobSuccessResult": "*",
        **dict.fromkeys(
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            f"arn:aws:logs:{ACCOUNT}:log-group:/delivery/shop/stg/release/function:*",
        ),
        "ssm:GetParameter": f"arn:aws:ssm:{ACCOUNT}:parameter/delivery/shop/stg",
        **dict.fromkeys(
            ("ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"),
            f"arn:aws:ecr:{ACCOUNT}:repository/shop",
        ),
        "s3:ListBucket": "arn:aws:s3:::shop-stg-artifacts-20260101000000000000000001",
        "s3:GetObject": "arn:aws:s3:::shop-stg-artifacts-20260101000000000000000001/templates/*",
        "codedeploy:GetDeployment": GROUPS,
        "codedeploy:GetDeploymentGroup": GROUPS,
        "codedeploy:ListDeployments": GROUPS,
        "cloudwatch:DescribeAlarms": f"arn:aws:cloudwatch:{ACCOUNT}:alarm:*",
        "codebuild:BatchGetProjects": f"arn:aws:codebuild:{ACCOUNT}:project/shop-stg-migrate",
        "secretsmanager:GetSecretValue": [
            f"arn:aws:secretsmanager:{ACCOUNT}:secret:shop/stg/database-AbCdEf"
        ],
    }


def test_it_may_read_what_tasks_and_migration_may_read_with_the_same_keys() -> None:
    granted = _statements(world(EVERYTHING))
    assert granted["ssm:GetParameters"] == [f"arn:aws:ssm:{ACCOUNT}:parameter/shop/token"]
    policy = json.loads(world(EVERYTHING).one("RolePolicy", "release-policy").inputs["policy"])
    decrypting = [one for one in policy["Statement"] if one["Action"] == ["kms:Decrypt"]]
    assert [KEY in one["Resource"] for one in decrypting] == [True, True], (
        "templates lie under the artifact key, secrets under their own"
    )
    assert [list(one.get("Condition", {})) for one in decrypting] == [[], ["StringEquals"]]


def test_without_the_check_it_may_do_what_a_rollout_takes_and_look_at_nothing_else() -> None:
    def moved(config: Config) -> None:
        config["delivery:services"]["web"]["rollout"] = {"by": "ecs"}
        config["delivery:release"]["check"] = False

    granted = _statements(deployed_stack("stg", moved))
    services = {action.partition(":")[0] for action in granted}
    assert services == {"codepipeline", "ecs", "iam", "logs", "s3", "secretsmanager", "ssm"}
    assert granted["logs:GetLogEvents"] == f"arn:aws:logs:{ACCOUNT}:log-group:/delivery/shop/stg/web:*"
    assert granted["secretsmanager:GetSecretValue"], "what is struck out of a failed task's last lines"


def test_as_many_services_as_a_stack_may_have_fit_into_the_role_when_ecs_moves_them_all() -> None:
    """All inline policies of a role have 10,240 characters (IAM User Guide, reference_iam-quotas)."""

    def many(config: Config) -> None:
        web = config["delivery:services"].pop("web")
        numbered = {f"service-{number}": {**web, "rollout": {"by": "ecs"}} for number in range(MOST_SERVICES)}
        config["delivery:services"] = numbered

    policy = deployed_stack("stg", many).one("RolePolicy", "release-policy").inputs["policy"]
    assert len(policy) < 8_000, "names may be longer than these"


FILES = unzipped(packed(plain(package()), ROOT))

_IMPORT = """
import sys
folder, *others = sys.argv[1:]
sys.path[:] = [folder, *(one for one in sys.path if one not in others)]
import release.handler
from pathlib import Path
print(*sorted(
    Path(one.__file__).relative_to(folder).as_posix()
    for one in sys.modules.values()
    if str(getattr(one, "__file__", None)).startswith(folder)
))
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What a Python that has only the package and the environment's own packages loads: files of ours, and packages."""
    folder = tmp_path_factory.mktemp("function")
    for name, content in FILES.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT, str(folder), str(ROOT), ""],
        capture_output=True, text=True, check=True, cwd=folder,
    )  # fmt: skip
    return [line.split() for line in done.stdout.splitlines()]


def test_the_package_holds_exactly_what_is_imported(loaded: list[list[str]]) -> None:
    assert loaded[0] == sorted(FILES), (
        "one file too few is a function that cannot start, one too many changes it for nothing"
    )


def test_boto3_is_all_that_it_needs_besides(loaded: list[list[str]]) -> None:
    strangers = set(loaded[1]) & {
        "pydantic",
        "pulumi",
        "pulumi_aws",
        "yaml",
        "typer",
        "settings",
        "components",
        "rehearsal",
    }
    assert not strangers, "Lambda's runtime brings boto3 and what that needs"
    known = {
        "boto3",
        "botocore",
        "jmespath",
        "s3transfer",
        "dateutil",
        "urllib3",
        "six",
        "release",
        "documents",
    }
    third = {
        name
        for name in set(loaded[1]) - sys.stdlib_module_names - known
        if (Path(sys.prefix) / "lib")
        .joinpath(f"python3.{sys.version_info.minor}", "site-packages", name)
        .is_dir()
    }
    assert third <= {"certifi", "awscrt", "google", "_distutils_hack"}, third


def test_the_same_source_makes_the_same_package() -> None:
    assert packed(plain(package()), ROOT) == packed(plain(package()), ROOT)
    assert all(str(ROOT).encode() not in content for content in FILES.values())


def test_a_package_from_an_installed_program_is_imported_below_its_one_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from components import release_function

    monkeypatch.setattr(release_function, "_ABOVE", "image_delivery")
    names = plain(release_function.package())["assets"]
    assert "image_delivery/release/handler.py" in names
    assert "image_delivery/documents/arns.py" in names
    assert "image_delivery/__init__.py" not in names, (
        "it imports Pulumi; without it, it is a namespace package"
    )

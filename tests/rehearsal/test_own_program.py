"""A whole stack inside somebody's own Pulumi program, installed as docs/embedding.md says: evaluated, and rehearsed."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError, StackError
from rehearsal.evaluation.kinds import KINDS
from rehearsal.evaluation.own_program import OwnProgram, own_program
from rehearsal.evaluation.program import stack_config
from rehearsal.evaluation.resources import declare
from rehearsal.host.interruption import Interruption
from rehearsal.host.project import ROOT
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.plays.versions import V1
from rehearsal.running.endpoint import empty_cloud
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.world.clock import Clock
from rehearsal.world.cloud import Cloud
from tests.installed_program import installed
from tests.rehearsal.stagehands import PATIENCE, answering, release

MOCKED = """
import json, runpy, sys
import pulumi

Answers = runpy.run_path(sys.argv[2])["Answers"]

class Cloud(Answers):
    def new_resource(self, args):
        declared.append(args.typ)
        if args.typ.startswith("aws:ec2/") and args.typ.endswith(("Vpc", "Subnet")):
            return f"{args.name}-id", dict(args.inputs)
        return super().new_resource(args)

declared = []
sys.path.insert(0, ".")
pulumi.runtime.set_mocks(Cloud(), project="shop-infrastructure", stack="stg")
pulumi.runtime.set_all_config(json.loads(sys.argv[1]))
pulumi.runtime.test(lambda: runpy.run_path("__main__.py", run_name="__main__") and None)()
ours = {name: sys.modules[name].__file__ for name in ("settings", "components", "image_delivery.settings")}
print(json.dumps({"declared": declared, "ours": ours}))
"""

BESIDE = """
import pulumi
import pulumi_aws as aws
from image_delivery import declare

pulumi.log.info("hello")
aws.codepipeline.Pipeline("theirs", role_arn="arn:aws:iam::123456789012:role/x", artifact_stores=[], stages=[])
net = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16")
aws.ec2.SecurityGroup("in-net", vpc_id=net.id)
aws.sqs.Queue("jobs", visibility_timeout_seconds=net.cidr_block.apply(len))
elsewhere = pulumi.ResourceOptions(provider=aws.Provider("ireland", region="eu-west-1"))
bucket = aws.s3.Bucket("elsewhere", opts=elsewhere)
aws.s3.BucketObjectv2("file", bucket="x", key="y", source=pulumi.FileAsset("Pulumi.yaml"))
aws.ec2.Subnet.get("found", "subnet-00000000000000009")
delivered = declare()
aws.codebuild.Project("theirs", service_role=delivered.pipeline.name, artifacts={}, environment={}, source={})
pulumi.export("secret", pulumi.Output.secret(bucket.arn.apply(lambda arn: arn.split(":")[-1])))
"""
LATE = """
import pulumi
from image_delivery import declare
declare({"application": pulumi.Output.from_input("shop")})
"""
TAKEN = """
import json
import pulumi_aws as aws
from image_delivery import declare
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]})
declare()
aws.iam.Role("mine", name="shop-stg-migrate", assume_role_policy=POLICY)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, with an environment of its own into which this checkout is installed, and nothing else."""
    return installed(tmp_path_factory.mktemp("infrastructure"))


def other(folder: Path, name: str, text: str) -> OwnProgram:
    """Another program in the same environment."""
    made = folder.parent / name
    made.mkdir()
    (made / "Pulumi.yaml").write_text(
        f"name: {name}\nruntime: {{name: python, options: {{virtualenv: ../own-program/.venv}}}}\n",
        encoding="utf-8",
    )
    shutil.copy(ROOT / "Pulumi.stg.yaml", made)
    (made / "__main__.py").write_text(text, encoding="utf-8")
    return own_program(made)


def taken(cloud: Cloud) -> set[tuple[str, str]]:
    """Types and names of what is on record, by its place below its parents; off the record afterwards."""
    there = [one for type_ in KINDS for one in cloud.declared(type_)]
    for one in there:
        cloud.remove(one.urn, one.id)
    return {(one.urn.split("::", 2)[2], ",".join(sorted(one.inputs))) for one in there}


def refused(program: OwnProgram, cloud: Cloud) -> str:
    """What is told of a program that cannot be rehearsed."""
    with pytest.raises(RehearsalError) as told:
        program.declare(cloud, "stg", program.config("stg", None, Interruption()), Interruption())
    return str(told.value)


def test_the_program_declares_our_whole_stack_beside_its_own_modules_and_resources(folder: Path) -> None:
    config = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in stack_config("stg", folder).items()
    }
    ran = subprocess.run(
        [folder / ".venv" / "bin" / "python", "-P", "-c", MOCKED, json.dumps(config), ROOT / "tests" / "unit" / "answers.py"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert Path(said["ours"]["settings"]) == folder / "settings.py", "the program's own module"
    assert Path(said["ours"]["components"]) == folder / "components" / "__init__.py"
    assert "site-packages" in said["ours"]["image_delivery.settings"]
    kinds = said["declared"]
    assert {"aws:ec2/vpc:Vpc", "shop:index:Uploads"} <= set(kinds), "its own resources"
    assert {
        "delivery:index:DeliveryPipeline",
        "aws:codepipeline/pipeline:Pipeline",
        "aws:codedeploy/deploymentGroup:DeploymentGroup",
    } <= set(kinds)


class TestRehearsed:
    """One rehearsal of the example, and what it shows."""

    @pytest.fixture(scope="class")
    @classmethod
    def rehearsal(cls, folder: Path) -> Iterator[Rehearsal]:
        with rehearsing(
            "stg", own=own_program(folder), level=ProcessLevel, clock=Clock(0.002, own=0.25)
        ) as running:
            yield running

    def test_what_is_not_played_is_named_and_what_is_kept_is_there(self, rehearsal: Rehearsal) -> None:
        told = " ".join(entry.message for entry in rehearsal.cloud.journal.entries("Pulumi"))
        assert (
            "not played, beside the delivery: aws:ec2/subnet:Subnet (batch-a), aws:ec2/vpc:Vpc (batch)"
            in told
        )
        buckets = [one["Name"] for one in rehearsal.cloud.client("s3").list_buckets()["Buckets"]]
        assert any(one.startswith("shop-stg-uploads-") for one in buckets)

    def test_the_settings_are_those_of_python_and_of_the_stacks_file_together(
        self, rehearsal: Rehearsal
    ) -> None:
        assert rehearsal.settings.migration.command == ["python", "migrate.py"], "given in Python"
        assert rehearsal.settings.services["web"].cpu == 256, "given in the stack's file"

    def test_a_release_goes_through(self, rehearsal: Rehearsal) -> None:
        rehearsal.users.steady(PATIENCE)
        execution = release(rehearsal, rehearsal.team.push(V1))
        assert execution.status == "Succeeded", execution
        assert answering(rehearsal) == "v1"


class TestBeside:
    """What a program may do wrong, or declare beside the delivery."""

    @pytest.fixture(scope="class")
    @classmethod
    def cloud(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
        with empty_cloud(tmp_path_factory.mktemp("cloud")) as cloud:
            yield cloud

    def test_a_delivery_in_another_program_is_the_same_as_one_alone(self, folder: Path, cloud: Cloud) -> None:
        declare(cloud, "stg", stack_config("stg"))
        alone = taken(cloud)
        program = other(folder, "same", "from image_delivery import declare\ndeclare()\n")
        program.declare(cloud, "stg", program.config("stg", None, Interruption()), Interruption())
        assert taken(cloud) == alone, "the same resources below the same parents; only the project is another"

    def test_what_stands_beside_is_taken_or_named(self, folder: Path, cloud: Cloud) -> None:
        program = other(folder, "beside", BESIDE)
        program.declare(cloud, "stg", program.config("stg", None, Interruption()), Interruption())
        told = [entry.message for entry in cloud.journal.entries("Pulumi")]
        assert told[-2:] == [
            "the program says: hello",
            (
                "not played, beside the delivery: aws:codebuild/project:Project (theirs), "
                "aws:codepipeline/pipeline:Pipeline (theirs), aws:ec2/securityGroup:SecurityGroup (in-net), "
                "aws:ec2/subnet:Subnet (found), aws:ec2/vpc:Vpc (net), aws:s3/bucket:Bucket (elsewhere), "
                "aws:s3/bucketObjectv2:BucketObjectv2 (file)"
            ),
        ]
        assert [one.name for one in cloud.declared("aws:codepipeline/pipeline:Pipeline")] == [
            "delivery-pipeline"
        ], "a pipeline of theirs must not be taken for the delivery's"
        assert {one.name for one in cloud.declared("aws:sqs/queue:Queue")} >= {"jobs"}
        taken(cloud)

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [
            ("raises", "import json\njson.loads('{')\n", r"__main__.py: JSONDecodeError: .*\(__main__.py, line 2\); correct"),
            ("syntax", "x = (\n", r"SyntaxError: .* was never closed"),
            ("exits", "import sys\nsys.exit('no')\n", r"ended itself by sys.exit\('no'\)"),
            ("dies", "import os\nprint('bye', flush=True)\nos._exit(7)\n", r"ended with exit code 7: bye"),
            ("lacks", "import shop_of_nobody\n", r"ModuleNotFoundError: No module named 'shop_of_nobody'"),
            ("nothing", "import pulumi\npulumi.export('a', 1)\n", r"ended without declaring a delivery"),
            ("asks", "import pulumi_aws as aws\naws.ec2.get_vpc(default=True)\n", r"aws:ec2/getVpc:getVpc: the rehearsal does not play"),
            ("late", LATE, r"delivery:application is an Output"),
            ("wrong", "from image_delivery import declare\ndeclare({'application': 5, 'port': 1})\n", r"delivery:port is not a setting"),
            ("transforms", "import pulumi\npulumi.runtime.register_resource_transform(lambda args: None)\n", r"a stack's transform: the rehearsal does not play"),
            ("twice", "from image_delivery import declare\ndeclare()\ndeclare()\n", r"the program declares it twice.* one delivery"),
            ("taken", TAKEN, r"role/roleName|aws:iam/role:Role .* AWS refuses it beside what is there"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_rehearsed_is_said_in_one_sentence(
        self, folder: Path, cloud: Cloud, name: str, text: str, said: str
    ) -> None:
        told = refused(other(folder, name, text), cloud)
        taken(cloud)
        assert re.search(said, told), told
        assert "Traceback" not in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no Pulumi.yaml in it"),
        ("- a\n", "holds a list"),
        ("name: shop\nruntime: nodejs\n", "its runtime 'nodejs'"),
        ("name: shop\nruntime: python\n", "names no virtual environment"),
        ("name: shop\nruntime: {name: python, options: {toolchain: poetry}}\n", r"\(toolchain poetry\)"),
        ("name: shop\nruntime: {name: python, options: {virtualenv: venv}}\n", r"venv/bin/python: there is no such interpreter"),
        ("name: shop\nmain: infra\nruntime: {name: python, options: {virtualenv: venv}}\n", r"infra: there is no such program"),
    ],
)  # fmt: skip
def test_a_folder_that_holds_no_program_is_refused_in_one_sentence(
    tmp_path: Path, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / "Pulumi.yaml").write_text(text, encoding="utf-8")
        (tmp_path / "__main__.py").touch()
    with pytest.raises(StackError, match=said):
        own_program(tmp_path)


def test_what_the_project_gives_every_stack_is_configuration_too(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__main__.py").touch()
    (tmp_path / "bin").symlink_to(Path(sys.executable).parent)
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nmain: infra/\nruntime: {name: python, options: {virtualenv: .}}\n"
        "config: {size: 3, 'aws:region': {value: eu-west-1}, label: {type: string, default: x}, bare: {type: string}}\n",
        encoding="utf-8",
    )
    program = own_program(tmp_path)
    assert program.defaults == {"shop:size": 3, "aws:region": "eu-west-1", "shop:label": "x"}
    assert program.main == tmp_path.resolve() / "infra" / "__main__.py"


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("runtime: {name: python, options: [1]}", "runtime.options is no map"),
        ("runtime: {name: python, options: {virtualenv: [a]}}", "names no virtual environment"),
        ('runtime: {name: python, options: {virtualenv: "a\\0b"}}', "names no virtual environment"),
        ("runtime: {name: python, options: {virtualenv: .venv}}\nconfig: [a]", "config is no map"),
        ("runtime: {name: python, options: {virtualenv: .venv}}\nconfig: {1: x}", "config is no map"),
        ("runtime: [python]", "a program in Python is rehearsed"),
    ],
)
def test_a_projects_file_of_another_shape_is_refused_in_a_sentence(
    tmp_path: Path, rest: str, said: str
) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: shop\n{rest}\n", encoding="utf-8")
    (tmp_path / "__main__.py").touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    with pytest.raises(StackError, match=re.escape(said)):
        own_program(tmp_path)

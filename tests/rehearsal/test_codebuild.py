"""Builds run as codebuild/latest/userguide documents, their role's calls authorized by the real gateway."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codebuild import build
from rehearsal.codebuild.declared import PROJECT_TYPE
from rehearsal.codebuild.service import CodeBuild
from rehearsal.codebuild.shell import BuildShell
from rehearsal.codepipeline.actions.codebuild import CodeBuildAction
from rehearsal.codepipeline.artifacts import ArtifactStore
from rehearsal.codepipeline.execution import ActionCall, ActionFailed, ArtifactLocation
from rehearsal.host.processes import Processes
from rehearsal.identity.authority import Authority, Credentials
from rehearsal.running.endpoint import local_endpoint
from rehearsal.world.clock import Clock
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.journal import Journal
from rehearsal.world.zips import unzipped, zipped

ACCOUNT = "123456789012"
BUILD_ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
PIPELINE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipeline"
PROJECT = f"arn:aws:codebuild:us-east-1:{ACCOUNT}:project/migrate"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/codebuild/migrate"
SUBNETS = [f"arn:aws:ec2:us-east-1:{ACCOUNT}:subnet/subnet-{n}" for n in (1, 2)]
PASSWORD = "correct-horse-battery"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(service: str) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}


STATEMENTS = {
    "logs": allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [LOGS, f"{LOGS}:*"]),
    "artifacts": allow(["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], "arn:aws:s3:::artifacts/*"),
    "parameters": allow("ssm:GetParameters", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/app/*"),
    "secrets": allow(
        "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:app/*"
    ),
    "interfaces": allow(
        [
            f"ec2:{verb}"
            for verb in (
                "CreateNetworkInterface", "DescribeDhcpOptions", "DescribeNetworkInterfaces", "DeleteNetworkInterface",
                "DescribeSubnets", "DescribeSecurityGroups", "DescribeVpcs",
            )
        ]
    ),
    "permission": allow(
        "ec2:CreateNetworkInterfacePermission",
        f"arn:aws:ec2:us-east-1:{ACCOUNT}:network-interface/*",
        Condition={
            "StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
            "ArnEquals": {"ec2:Subnet": SUBNETS},
        },
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def endpoint(authority: Authority) -> Iterator[str]:
    with local_endpoint(authority) as gateway:
        yield gateway.endpoint


@pytest.fixture(scope="module")
def stocked(endpoint: str, authority: Authority, tmp_path_factory: Any) -> str:
    cloud = Cloud(endpoint, authority, Journal(), tmp_path_factory.mktemp("stock"))
    cloud.client("s3").create_bucket(Bucket="artifacts")
    cloud.client("ssm").put_parameter(Name="/app/level", Value="debug-level", Type="SecureString")
    secrets = cloud.client("secretsmanager")
    secrets.create_secret(Name="app/db", SecretString=json.dumps({"password": PASSWORD, "port": 5432}))
    return endpoint


class Shop:
    """One project and what runs it."""

    def __init__(self, endpoint: str, authority: Authority, scratch: Path, processes: Processes) -> None:
        self.authority = authority
        self.cloud = Cloud(endpoint, authority, Journal(), scratch, clock=Clock(0.001))
        self.builds = CodeBuild(self.cloud, processes, limit=20)
        self.codebuild = CodeBuildAction(self.builds)
        self.project: dict[str, Any] = {"environmentVariables": []}
        self.stored: dict[str, ArtifactLocation] = {}
        self.store = ArtifactStore(self.cloud, "release", "artifacts")
        self.action: list[dict[str, str]] = []
        self.outputs: list[str] = []
        authority.put_role(BUILD_ROLE, trust("codebuild.amazonaws.com"))
        authority.put_role(PIPELINE_ROLE, trust("codepipeline.amazonaws.com"))
        authority.put_policy(
            PIPELINE_ROLE,
            "start",
            {"Statement": [allow(["codebuild:StartBuild", "codebuild:BatchGetBuilds"], PROJECT)]},
        )
        for name, each in STATEMENTS.items():
            authority.put_policy(BUILD_ROLE, name, {"Statement": [each]})
        self.more: dict[str, Any] = {}

    def declare(self, buildspec: str) -> None:
        environment = {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "privilegedMode": True,
            "environmentVariables": self.project["environmentVariables"],
            **self.more.pop("environment", {}),
        }
        inputs = {
            "name": "migrate",
            "serviceRole": BUILD_ROLE,
            "environment": environment,
            "source": {"type": "CODEPIPELINE", "buildspec": buildspec},
            "artifacts": {"type": "CODEPIPELINE"},
            **self.more,
        }
        self.cloud.add(Declared("urn:b", PROJECT_TYPE, "b", "migrate", inputs, {**inputs, "arn": PROJECT}))

    def call(self) -> ActionCall:
        own = Credentials("test", "test", None, None)
        self.stored = {"Image": self.store.put("Image", zipped({"imageDetail.json": b"{}"}), own)}

        def put(
            name: str,
            data: bytes,
            credentials: Credentials | None = None,
            key_id: str | None = None,
            revision: str | None = None,
        ) -> ArtifactLocation:
            self.stored[name] = self.store.put(
                name, data, credentials or own, key_id=key_id, revision=revision
            )
            return self.stored[name]

        def get(name: str, credentials: Credentials | None = None) -> bytes:
            return self.store.get(self.stored[name], credentials or own)

        configuration = {"ProjectName": "migrate"}
        if self.action:
            configuration["EnvironmentVariables"] = json.dumps(self.action)
        return ActionCall(
            pipeline="release",
            stage="Release",
            action="Migrate",
            execution_id="execution-1",
            configuration=configuration,
            inputs=dict(self.stored),
            outputs=self.outputs,
            role_arn=PIPELINE_ROLE,
            credentials=own,
            put_artifact=put,
            get_artifact=get,
        )

    def run(self, buildspec: str) -> dict[str, str]:
        self.declare(buildspec)
        return dict(self.codebuild.run(self.call()))

    def fails(self, buildspec: str) -> str:
        with pytest.raises(ActionFailed) as failed:
            self.run(buildspec)
        return failed.value.message

    def log(self) -> list[str]:
        logs = self.cloud.client("logs")
        group = "/aws/codebuild/migrate"
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        newest = max(streams, key=lambda stream: stream["creationTime"])["logStreamName"]
        name = next(s["logStreamName"] for s in streams if s["logStreamName"] == self.build_id()) or newest
        events = logs.get_log_events(logGroupName=group, logStreamName=name)["events"]
        return [event["message"] for event in events]

    def build_id(self) -> str:
        entries = self.cloud.journal.entries("CodeBuild")
        started = next(entry for entry in reversed(entries) if "started" in entry.message)
        return started.message.split(":")[1].split()[0]

    def phases(self) -> dict[str, str]:
        words = [
            e.message.split()
            for e in self.cloud.journal.entries("CodeBuild")
            if e.message.startswith("phase")
        ]
        return {name: state for _, name, state in words}


@pytest.fixture
def shop(stocked: str, authority: Authority, tmp_path: Path) -> Iterator[Shop]:
    with Processes() as processes:
        yield Shop(stocked, authority, tmp_path, processes)


def spec(shell: str = "bash", env: str = "", artifacts: str = "", **phases: Any) -> str:
    lines = [
        "version: 0.2",
        "env:",
        f"  shell: {shell}",
        *(f"  {line}" for line in env.splitlines()),
        "phases:",
    ]
    for name, commands in phases.items():
        block = commands if isinstance(commands, dict) else {"commands": commands}
        lines.append(f"  {name}: {json.dumps(block)}")
    return "\n".join([*lines, artifacts])


def test_folder_variables_and_exports_persist_between_commands_and_phases(shop: Shop) -> None:
    exported = shop.run(
        spec(
            env="exported-variables: [RELEASE, PLACE, HIDDEN]",
            pre_build=["mkdir deep && cd deep", "plain=1; export RELEASE=r-$plain"],
            build=[
                "HIDDEN=not-exported",
                'export PLACE="$(basename "$PWD")"',
                "export RELEASE=$RELEASE-$plain",
            ],
        )
    )
    assert exported == {"RELEASE": "r-1-1", "PLACE": "deep"}, "version 0.2 runs all commands in one shell"


def test_command_words_with_quotes_and_several_lines_arrive_unharmed(shop: Shop) -> None:
    shop.run(
        spec(
            env="variables: {WORDS: 'a  \"b\" $c'}",
            build=[
                "printf '<%s>\\n' \"$WORDS\" 'd  e'",
                "cat <<'END'\nline $one\n\nEND\n",
                "echo no newline; printf x",
            ],
        )
    )
    log = shop.log()
    for line in ('<a  "b" $c>', "<d  e>", "line $one", "x"):
        assert line in log


def test_a_build_knows_what_the_document_lists(shop: Shop) -> None:
    shop.run(spec(build=['test -f "$CODEBUILD_SRC_DIR/imageDetail.json"', "env"]))
    known = {name: value for name, _, value in (line.partition("=") for line in shop.log())}
    assert known["CODEBUILD_BUILD_ID"] == f"migrate:{shop.build_id()}"
    assert known["CODEBUILD_PROJECT_ARN"] == PROJECT
    assert known["CODEBUILD_INITIATOR"] == "codepipeline/release"
    assert known["CODEBUILD_BUILD_SUCCEEDING"] == "1"
    assert known["AWS_ENDPOINT_URL"] == shop.cloud.endpoint
    assert known["AWS_CONFIG_FILE"] == known["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert known["HOME"].startswith(str(shop.cloud.scratch)), "nothing of the developer's home is seen"
    assert known["AWS_ACCESS_KEY_ID"] == "***", "access key ids are hidden in logs"


def test_the_developers_own_environment_stays_outside(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVELOPERS_OWN", "token")
    shop.more["environment"] = {
        "environmentVariables": [{"name": "AWS_ENDPOINT_URL", "value": "https://elsewhere.example"}]
    }
    exported = shop.run(
        spec(
            env="exported-variables: [SEEN]",
            build=['export SEEN="${DEVELOPERS_OWN:-none} $AWS_ENDPOINT_URL"'],
        )
    )
    assert exported["SEEN"] == f"none {shop.cloud.endpoint}", "no declaration leads a build to the real AWS"


def test_a_failed_pre_build_skips_build_and_post_build(shop: Shop) -> None:
    message = shop.fails(
        spec(pre_build=["echo first", "exit 3", "echo never"], build=["touch x"], post_build=["true"])
    )
    assert set(shop.phases()) == {"PROVISIONING", "DOWNLOAD_SOURCE", "PRE_BUILD", "UPLOAD_ARTIFACTS"}
    assert message.splitlines() == [
        (
            "Build terminated with state: FAILED. Phase: PRE_BUILD, Code: COMMAND_EXECUTION_ERROR, "
            "Message: Error while executing command: exit 3. Reason: exit status 3"
        ),
        "first",
    ], "phase, exit code and the last lines of output"


def test_a_failed_build_still_runs_post_build_which_knows(shop: Shop) -> None:
    message = shop.fails(
        spec(
            pre_build=["export KEPT=yes"],
            build=["set -e", "cd /tmp", "false", "echo never"],
            post_build=['echo "succeeding=$CODEBUILD_BUILD_SUCCEEDING kept=$KEPT at $PWD"'],
        )
    )
    assert "succeeding=0 kept=yes at /tmp" in message, (
        "CODEBUILD_BUILD_SUCCEEDING is 0 when the build is failing"
    )
    assert "never" not in message
    assert shop.phases()["POST_BUILD"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("on_failure", "follows"),
    [(None, True), ("ABORT", False), ("CONTINUE", True)],
    ids=["default", "abort", "continue"],
)
def test_on_failure_decides_about_the_next_phase(shop: Shop, on_failure: Any, follows: Any) -> None:
    build = {"commands": ["false"]} | ({"on-failure": on_failure} if on_failure else {})
    shop.fails(spec(build=build, post_build=["true"]))
    assert ("POST_BUILD" in shop.phases()) is follows


def test_finally_runs_after_a_failed_command(shop: Shop) -> None:
    message = shop.fails(spec(build={"commands": ["exit 4", "echo skipped"], "finally": ["echo cleaned"]}))
    assert "exit status 4" in message
    assert "cleaned" in message
    assert "skipped" not in message, "the remaining commands are skipped"


def test_only_the_last_status_of_a_multi_line_command_counts(shop: Shop) -> None:
    shop.run(spec(build=["false\ntrue\n"]))


def test_the_output_artifact_is_uploaded_even_after_a_failed_build(shop: Shop) -> None:
    shop.outputs = ["Release"]
    artifacts = "artifacts: {files: ['**/*'], base-directory: release}"
    shop.fails(
        spec(
            build=["mkdir -p release/web && echo x > release/web/taskdef.json", "false"], artifacts=artifacts
        )
    )
    assert unzipped(shop.call().get_artifact("Image")) == {"imageDetail.json": b"{}"}
    assert shop.phases()["UPLOAD_ARTIFACTS"] == "SUCCEEDED", (
        "it is always attempted (view-build-details-phases.md)"
    )


def test_the_output_artifact_holds_the_declared_files(shop: Shop) -> None:
    shop.outputs = ["Release"]
    artifacts = "artifacts: {files: ['*.json'], base-directory: release}"
    shop.run(
        spec(
            build=["mkdir release && echo -n x > release/a.json && touch release/b.txt"], artifacts=artifacts
        )
    )
    assert unzipped(shop.store.get(shop.stored["Release"], Credentials("test", "test", None, None))) == {
        "a.json": b"x"
    }


def test_a_build_without_the_declared_output_fails(shop: Shop) -> None:
    shop.outputs = ["Release"]
    message = shop.fails(spec(build=["true"], artifacts="artifacts: {files: ['absent']}"))
    assert "Phase: UPLOAD_ARTIFACTS, Code: CLIENT_ERROR, Message: no matching artifact paths found" in message


SECRET_ENV = """parameter-store: {LEVEL: /app/level}
secrets-manager: {PASSWORD: 'app/db:password', WHOLE: app/db, PORT: 'app/db:port'}
exported-variables: [SEEN]"""


def test_parameters_and_secrets_reach_the_build_and_never_the_log(shop: Shop) -> None:
    exported = shop.run(
        spec(
            env=SECRET_ENV,
            build=[
                'echo "level $LEVEL password $PASSWORD" >&2',
                'export SEEN="${#PASSWORD} $PORT"',
                "echo done",
            ],
        )
    )
    assert exported["SEEN"] == f"{len(PASSWORD)} 5432"
    log = "\n".join(shop.log())
    assert "level *** password ***" in log
    assert PASSWORD not in log
    assert "debug-level" not in log


def test_a_failure_message_shows_no_secret(shop: Shop) -> None:
    message = shop.fails(spec(env=SECRET_ENV, build=['echo "using $PASSWORD"; exit 1']))
    assert "using ***" in message
    entries = [str(entry) for entry in shop.cloud.journal.entries()]
    assert not any(PASSWORD in text for text in [message, *entries])


def test_the_actions_variables_win(shop: Shop) -> None:
    shop.project["environmentVariables"] = [
        {"name": "A", "value": "project"},
        {"name": "B", "value": "project"},
    ]
    shop.action = [{"name": "B", "value": "action", "type": "PLAINTEXT"}]
    exported = shop.run(
        spec(env="variables: {A: spec, C: spec}\nexported-variables: [A, B, C]", build=["true"])
    )
    assert exported == {"A": "project", "B": "action", "C": "spec"}


@pytest.mark.parametrize(
    ("env", "reason"),
    [
        ("secrets-manager: {URL: app/absent}", "Secrets Manager Error Message: ResourceNotFoundException"),
        ("secrets-manager: {URL: 'app/db:absent'}", "no value for key 'absent'"),
        ("parameter-store: {URL: /app/absent}", "parameter does not exist: /app/absent"),
    ],
)
def test_a_missing_secret_stops_the_build_before_its_commands(shop: Shop, env: str, reason: str) -> None:
    message = shop.fails(spec(env=env, build=["echo never"]))
    assert "Phase: DOWNLOAD_SOURCE" in message
    assert reason in message
    assert "URL" in message, "the variable is named"
    assert PASSWORD not in message
    assert "BUILD" not in shop.phases()


@pytest.mark.parametrize(
    ("statement", "phase", "action"),
    [
        ("logs", "PROVISIONING", "logs:CreateLogStream"),
        ("artifacts", "DOWNLOAD_SOURCE", "s3:GetObject"),
        ("parameters", "DOWNLOAD_SOURCE", "ssm:GetParameters"),
        ("secrets", "DOWNLOAD_SOURCE", "secretsmanager:GetSecretValue"),
        ("interfaces", "PROVISIONING", "ec2:DescribeSecurityGroups"),
        ("permission", "PROVISIONING", "ec2:CreateNetworkInterfacePermission"),
    ],
)
def test_the_loss_of_one_statement_stops_the_build_where_aws_would(
    shop: Shop, statement: str, phase: str, action: str
) -> None:
    shop.authority.remove_policy(BUILD_ROLE, statement)
    shop.more["vpcConfig"] = {
        "vpcId": "vpc-1",
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroupIds": ["sg-1"],
    }
    message = shop.fails(spec(env=SECRET_ENV, build=["echo never"]))
    assert f"Phase: {phase}" in message
    assert f"is not authorized to perform: {action}" in message
    assert "on resource: " in message
    assert "BUILD" not in shop.phases()


def test_a_vpc_build_with_every_statement_runs(shop: Shop) -> None:
    shop.more["vpcConfig"] = {
        "vpcId": "vpc-1",
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroupIds": ["sg-1"],
    }
    shop.run(spec(build=["true"]))


def test_a_role_that_does_not_trust_codebuild_is_not_assumed(shop: Shop) -> None:
    shop.authority.put_role(BUILD_ROLE, trust("ec2.amazonaws.com"))
    assert "CodeBuild is not authorized to perform: sts:AssumeRole" in shop.fails(spec(build=["true"]))


def test_a_pipeline_that_may_not_start_builds_starts_none(shop: Shop) -> None:
    shop.authority.put_policy(
        PIPELINE_ROLE, "start", {"Statement": [allow("codebuild:BatchGetBuilds", PROJECT)]}
    )
    message = shop.fails(spec(build=["true"]))
    assert message.startswith("Error calling startBuild: User: ")
    assert f"is not authorized to perform: codebuild:StartBuild on resource: {PROJECT}" in message


def test_a_vpc_build_without_privileged_mode_has_no_docker(shop: Shop, tmp_path: Path) -> None:
    front = tmp_path / "front"
    front.mkdir()
    (front / "docker").write_text("#!/bin/sh\necho front answers\n")
    (front / "docker").chmod(0o755)
    shop.builds.docker = front
    assert "BUILD" not in shop.phases()
    shop.run(spec(build=["docker info | grep -q 'front answers'"]))
    shop.more = {
        "environment": {"privilegedMode": False},
        "vpcConfig": {"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": []},
    }
    assert "Cannot connect to the Docker daemon" in shop.fails(spec(build=["docker info"]))


def test_a_build_over_the_concurrency_limit_is_not_run(shop: Shop) -> None:
    shop.more["concurrentBuildLimit"] = 1
    go = shop.cloud.scratch / "go"
    os.mkfifo(go)
    shop.declare(spec(build=[f"cat {go}"]))
    first = threading.Thread(target=shop.codebuild.run, args=(shop.call(),))
    first.start()
    with go.open("w") as held:  # opens when the build reads
        with pytest.raises(ActionFailed, match="Cannot have more than 1 active builds") as refused:
            shop.codebuild.run(shop.call())
        held.write("go\n")
    first.join(10)
    assert refused.value.code == "AccountLimitExceededException"
    assert not first.is_alive()


def test_a_build_over_its_time_is_stopped_with_all_it_started(shop: Shop) -> None:
    shop.builds.limit = 0.5
    shop.more["buildTimeout"] = 5
    note = shop.cloud.scratch / "note"
    began = time.monotonic()
    message = shop.fails(spec(build=[f"trap 'echo TERM > {note}; exit 1' TERM; sleep 60 & wait"]))
    assert "Build terminated with state: TIMED_OUT" in message
    assert (
        "0.5 s that this rehearsal was told to give it (--build-timeout); AWS gives it 5 minutes" in message
    )
    assert note.read_text() == "TERM\n", "TERM comes before KILL"
    assert time.monotonic() - began < 5


def test_a_build_has_the_real_minutes_that_its_project_declares(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.builds.limit = None
    shop.more["buildTimeout"] = 45
    deadlines: list[float] = []

    class Watched(BuildShell):
        def __init__(self, *given: Any, deadline: float, **more: Any) -> None:
            deadlines.append(deadline - time.monotonic())
            super().__init__(*given, deadline=deadline, **more)

    monkeypatch.setattr(build, "BuildShell", Watched)
    shop.run(spec(build=["true"]))
    assert 44 * 60 < deadlines[0] <= 45 * 60, "a migration's time is the application's own, never compressed"


def test_what_a_build_left_in_the_background_is_stopped(shop: Shop) -> None:
    held = shop.cloud.scratch / "held"
    os.mkfifo(held)
    reader = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    try:
        shop.run(spec(build=[f"nohup sleep 60 > {held} 2>/dev/null & disown"]))
        assert os.read(reader, 1) == b"", "an open end would raise BlockingIOError"
    finally:
        os.close(reader)


def test_a_wrong_buildspec_fails_before_any_command(shop: Shop) -> None:
    message = shop.fails("version: 0.2\nphases: {biuld: {commands: [x]}}\n")
    assert "Phase: DOWNLOAD_SOURCE, Code: YAML_FILE_ERROR, Message: buildspec phases.biuld" in message


def test_the_aws_cli_of_a_build_acts_as_the_build_role(shop: Shop) -> None:
    message = shop.fails(spec(build=["aws s3 ls s3://elsewhere"]))
    assert "is not authorized to perform: s3:ListBucket" in message
    assert "assumed-role/build/" in message


def test_a_builds_whole_log_is_in_a_file_with_its_secrets_masked_also_when_it_succeeds(shop: Shop) -> None:
    shop.run(
        spec(
            env="secrets-manager: {PASSWORD: app/db:password}",
            build=["for line in $(seq 1 200); do echo line $line; done", 'echo "$PASSWORD"'],
        )
    )
    (file,) = shop.cloud.logs.folder.glob("build-migrate-*.log")
    kept = file.read_text().splitlines()
    assert [f"line {number}" for number in range(1, 201)] == [one for one in kept if one.startswith("line ")]
    assert "***" in kept
    assert PASSWORD not in file.read_text()


def test_the_last_words_are_the_failed_commands_own_without_greetings_and_terminal_codes(shop: Shop) -> None:
    said = shop.fails(
        spec(
            pre_build={
                "commands": [
                    "echo 'delivery: image x'; echo 'WARNING! Your credentials are stored' >&2; echo before"
                ],
                "on-failure": "ABORT",
            },
            build=["printf '\\033[31mrelation exists\\033[0m\\n'; printf '%9000s\\n' x; exit 3"],
        )
    )
    words = said.splitlines()[1:]
    assert words[0] == "relation exists"
    assert "\x1b" not in said
    assert len(words) == 2
    assert len(words[1]) < 600, "a line without end is cut"
    assert "before" not in said
    assert "WARNING" not in said

"""Builds run as codebuild/latest/userguide documents: phases, commands, artifacts, time, logs."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codebuild import build
from rehearsal.codebuild.shell import BuildShell
from rehearsal.codepipeline.execution import ActionFailed
from rehearsal.host.processes import Processes
from rehearsal.identity.authority import Authority, Credentials
from rehearsal.world.zips import unzipped
from tests.rehearsal.build_world import PASSWORD, PROJECT, Shop, spec, stocked_account


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Authority]]:
    with stocked_account(tmp_path_factory.mktemp("stock")) as account:
        yield account


@pytest.fixture
def shop(stocked: tuple[str, Authority], tmp_path: Path) -> Iterator[Shop]:
    with Processes() as processes:
        yield Shop(*stocked, tmp_path, processes)


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


def test_variables_that_linux_gives_to_no_program_fail_the_build_in_the_agents_words(shop: Shop) -> None:
    """execve(2): E2BIG. No shell can be started, so the build fails in its first phase instead of the rehearsal."""
    with pytest.raises(ActionFailed) as failed:
        shop.run(spec(env=f"variables: {{BIG: {'x' * 140_000}}}", build=["true"]))
    text = str(failed.value)
    assert "Code: COMMAND_EXECUTION_ERROR" in text, text
    assert "fork/exec" in text, text
    assert "argument list too long" in text, text

"""`buildspecs/migrate.yml` as a file: what it needs, what it is told, and what it must not do."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from components.migration_build import BUILDSPEC, NAMESPACE
from documents.lifecycle import RELEASED
from rehearsal.codebuild.buildspec import Buildspec, parse
from tests.unit.harness import STACKS, deployed_stack

SHELLCHECK = Path(sys.executable).parent / "shellcheck"
BASH = {
    ".",
    "[",
    "[[",
    "break",
    "case",
    "command",
    "echo",
    "eval",
    "exit",
    "export",
    "for",
    "if",
    "local",
    "kill",
    "trap",
    "nohup",
    "return",
    "set",
    "exec",
    "wait",
    "then",
    "else",
    "do",
    "done",
    "esac",
    "fi",
}
COREUTILS = {"mkdir", "mktemp", "seq", "sleep", "tail", "true"}
TOOLS = {"aws", "docker", "dockerd", "python3"}
"""What both curated images bring (CodeBuild User Guide, available-runtimes: Python is a runtime of either)."""
OWN = {"refuse", "keep", "migrate"}


@cache
def _spec() -> Buildspec:
    return parse(BUILDSPEC.read_text(encoding="utf-8"))


def _scripts() -> dict[str, str]:
    return {
        f"{name}-{i}": text for name, phase in _spec().phases.items() for i, text in enumerate(phase.commands)
    }


@pytest.mark.parametrize("script", ["pre_build-0", "build-0"])
def test_each_command_is_clean_for_shellcheck(script: str) -> None:
    found = subprocess.run(
        [SHELLCHECK, "--shell=bash", "--exclude=SC2154", "-"],  # SC2154: variables come from the project
        input=_scripts()[script],
        text=True,
        capture_output=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_every_command_is_in_this_test() -> None:
    assert set(_scripts()) == {"pre_build-0", "build-0"}


def test_each_command_stops_at_the_first_failure() -> None:
    assert _spec().shell == "bash"
    for name, text in _scripts().items():
        commands = [line for line in text.splitlines() if not line.startswith("#")]
        assert commands[0] == "set -euo pipefail", f"{name}: only the last exit code of a command would count"


def test_a_migration_is_never_repeated_by_the_build() -> None:
    assert "RETRY" not in BUILDSPEC.read_text(encoding="utf-8")
    assert {phase.on_failure for phase in _spec().phases.values()} == {"ABORT"}


def test_nothing_runs_after_a_failed_migration() -> None:
    assert "post_build" not in _spec().phases, "CodeBuild runs it after a failed build too"
    assert not any(phase.finally_ for phase in _spec().phases.values())
    lines = _scripts()["build-0"].splitlines()
    [migrate] = [i for i, line in enumerate(lines) if "docker run" in line]
    assert not any("release" in line or "s3 cp" in line for line in lines[:migrate]), (
        "artifacts are always uploaded"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_what_it_reads_is_what_project_and_action_give(stack: str) -> None:
    graph = deployed_stack(stack)
    project = {one["name"] for one in graph.one("Project").inputs["environment"]["environmentVariables"]}
    [migrate] = [a for a in graph.one("Pipeline").inputs["stages"][-1]["actions"] if a["name"] == "Migrate"]
    action = {one["name"] for one in json.loads(migrate["configuration"]["EnvironmentVariables"])}
    assert not project & action, "the action's value would hide the project's"
    given = {name for name in project | action if name.startswith("DELIVERY_")}
    read = {name for text in _scripts().values() for name in re.findall(r"DELIVERY_[A-Z_]+", text)}
    assert read == {re.sub(r"VALUE_\d+$", "VALUE_", name) for name in given}


def test_what_it_exports_was_given() -> None:
    assert _spec().exported == ["DELIVERY_IMAGE_DIGEST", "DELIVERY_TEMPLATE_VERSION"]
    assert not any(name.startswith("AWS_") for name in _spec().exported), "these can't be exported"
    assert NAMESPACE, "without a namespace nobody could read them"


def test_the_artifact_is_the_templates_and_nothing_else() -> None:
    output = _spec().output
    assert output is not None
    assert (output.base_directory, list(output.files)) == ("release", ["**/*"])
    assert 'target="$CODEBUILD_SRC_DIR/release"' in _scripts()["build-0"], "the same folder"


def _commands(text: str) -> set[str]:
    """First words of every simple command: comments, quoted texts and case patterns taken away."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    inner = re.findall(r"\$\(([a-z]+)", code)
    bare = re.sub(r"\"(?:\\.|[^\"\\])*\"|'[^']*'", "_", code.replace("\\\n", " "))
    bare = re.sub(r"(?m)^\s*[\w*]+( \| \w+)*\)", "", bare)
    pieces = re.split(r"\n|;;|;|\|\||\||&&|\$\(|\{ |\bif |! |\bthen |\bdo |\belse\b", bare)
    return {
        *inner,
        *(word for piece in pieces for word in piece.split()[:1] if re.fullmatch(r"[a-z0-9.\[]+", word)),
    }


def test_it_needs_nothing_but_bash_coreutils_docker_and_the_aws_cli() -> None:
    used = {word for text in _scripts().values() for word in _commands(text)}
    assert {"aws", "docker", "python3", "sleep"} <= used, "the reading of the script itself works"
    assert used - BASH - COREUTILS - TOOLS - OWN == set(), "the build image promises no more"


def test_no_variable_of_the_application_is_put_on_a_command_line() -> None:
    text = _scripts()["build-0"]
    assert 'options = ["--env-file", path]' in text
    assert '["--env", name]' in text, "by name: docker takes the value from the environment"
    assert "set -x" not in text
    assert "printenv" not in text


def test_what_starts_the_container_is_python() -> None:
    text = _scripts()["build-0"]
    program = text[text.index("launch='") + len("launch='") :].partition("'")[0]
    compile(program, "launch", "exec")
    assert "os.execve" in program, "docker takes the place of what has read the values"


def test_an_empty_project_variable_may_be_none() -> None:
    stack = deployed_stack("stg").one("Project").inputs["environment"]["environmentVariables"]
    empty = {one["name"] for one in stack if one["value"] == ""}
    assert empty, "otherwise this shows nothing"
    text = "".join(_scripts().values())
    for name in empty:
        assert not re.findall(rf"\$({name}|{{{name}}})", text.replace(f'"${name}"); fi', "")), (
            f"{name}: whether CodeBuild sets what is empty is not documented, and `set -u` would end the build"
        )


def test_an_image_gets_the_tag_that_the_lifecycle_rules_keep_before_it_is_migrated_with() -> None:
    text = _scripts()["pre_build-0"]
    assert f'--image-tag "{RELEASED}${{DELIVERY_IMAGE_DIGEST#sha256:}}"' in text, "the tag of the first rule"
    assert '--image-digest "$DELIVERY_IMAGE_DIGEST"' in text, (
        "ECR refuses a manifest that was changed on the way"
    )
    assert "docker run" not in text, "the migration comes after it"


def test_the_image_is_named_by_digest_everywhere() -> None:
    for text in _scripts().values():
        assert 'image="$DELIVERY_REPOSITORY_URI@$DELIVERY_IMAGE_DIGEST"' in text
        assert "$DELIVERY_REPOSITORY_URI:" not in text, "a tag moves"

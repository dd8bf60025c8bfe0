"""Applications as people have them: Rails with its master key, a slow starter on the JVM, Go with its driver's default TLS.

Each goes through the command as its team would send it: an image, a stack file, a file of secrets.
"""

import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.host.project import ROOT
from rehearsal.levels.container.docker_api import DockerApi
from tests import packages
from tests.pages import section, write_over

HERE = Path(__file__).parent
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
PAGE = "docs/your-application.md"
MASTER_KEY = secrets.token_hex(16)


def built(name: str, folder: Path, *arguments: str) -> str:
    image = f"delivery-tests/{name}"
    words = ["/usr/bin/env", "docker", "build", "--quiet", *arguments, "--tag", image, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return image


def stack_file(folder: Path, migration: Mapping[str, Any], web: Mapping[str, Any]) -> Path:
    """Stack stg with an application's own migration and service."""
    document = yaml.safe_load((ROOT / "Pulumi.stg.yaml").read_text(encoding="utf-8"))
    document["config"]["delivery:migration"] = dict(migration)
    document["config"]["delivery:services"]["web"] |= web
    file = folder / "Pulumi.stg.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def rehearsed(*options: str) -> tuple[dict[str, Any], str]:
    """The command's JSON, and everything it said besides."""
    words = [sys.executable, "-m", "delivery", "rehearse", "--level", "container", "--json"]
    done = subprocess.run(
        [*words, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.stdout, done.stderr[-3000:]
    return json.loads(done.stdout), done.stdout + done.stderr


def steps(report: Mapping[str, Any]) -> str:
    return "\n".join(f"{one['name']}: {one['seen']}" for play in report["scenarios"] for one in play["steps"])


@pytest.fixture(scope="module")
def rails(docker: DockerApi) -> str:
    return built("rails:1", HERE / "rails_site", "--build-arg", f"MASTER_KEY={MASTER_KEY}")


@pytest.fixture
def rails_stack(tmp_path: Path) -> Path:
    """As docs/your-application.md has it."""
    [settings] = [yaml.safe_load(one.content) for one in section(PAGE, "Rails") if one.language == "yaml"]
    file = Path(shutil.copy(ROOT / "Pulumi.stg.yaml", tmp_path))
    write_over(file, settings)
    return file


def test_rails_migrates_and_answers_with_its_own_master_key(
    rails: str, rails_stack: Path, tmp_path: Path
) -> None:
    file = tmp_path / "secrets.yaml"
    file.write_text(f"RAILS_MASTER_KEY: {MASTER_KEY}\n", encoding="utf-8")
    file.chmod(0o600)
    [command] = section(PAGE, "Rails")[-1].content.splitlines()
    there = {"hello": rails, "../hello/Pulumi.stg.yaml": str(rails_stack), "../hello.secrets.yaml": str(file)}
    verb, *options = [there.get(word, word) for word in shlex.split(command)[1:]]
    assert (verb, rails in options, str(file) in options) == ("rehearse", True, True)
    report, said = rehearsed(*options)
    assert report["ok"], steps(report)
    assert "RAILS_MASTER_KEY of migration, RAILS_MASTER_KEY of web: from --secrets" in said
    assert MASTER_KEY not in said, "a value of the file is never shown"


def test_rails_without_its_key_fails_and_the_made_up_value_is_named(rails: str, rails_stack: Path) -> None:
    report, _ = rehearsed("--image", rails, "--stack-file", str(rails_stack))
    assert not report["ok"]
    assert "Migrate" in steps(report), "the credentials can't be read before anything is migrated"
    assert "random text, give real ones with --secrets FILE: RAILS_MASTER_KEY of migration" in steps(report)


def test_an_application_that_needs_twenty_seconds_of_half_a_cpu_is_not_rolled_back(
    docker: DockerApi, tmp_path: Path
) -> None:
    packages.need("javac", "default-jdk-headless")
    folder = shutil.copytree(HERE / "slow_java", tmp_path / "java")
    words = ["/usr/bin/env", "javac", "--release", "17", "-d", str(folder), str(folder / "Shop.java")]
    subprocess.run(words, check=True, capture_output=True)
    image = built("spring-shaped:1", folder)
    rds = f"{SECRET}rds!db-1234-AbCdEf"
    own = {
        "SPRING_DATASOURCE_URL": f"{SECRET}shop/jdbc-AbCdEf:url::",
        "SPRING_DATASOURCE_USERNAME": f"{rds}:username::",
        "SPRING_DATASOURCE_PASSWORD": f"{rds}:password::",
    }
    health = {"path": "/actuator/health", "gracePeriodSeconds": 120}
    file = stack_file(
        tmp_path,
        {"command": ["migrate"], "secrets": own},
        {"cpu": 512, "memory": 1024, "healthCheck": health, "secrets": own},
    )
    report, _ = rehearsed("--image", image, "--stack-file", str(file))
    assert report["ok"], steps(report)
    release = next(one for one in report["scenarios"][0]["steps"] if one["name"].startswith("release "))
    assert release["seconds"] > 20, "it took its time, and was given it"


def test_gos_driver_connects_with_tls_unasked(docker: DockerApi, tmp_path: Path) -> None:
    packages.need("go", "golang-go")
    folder = shutil.copytree(HERE / "go_pq", tmp_path / "go")
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
    words = ["/usr/bin/env", "go", "build", "-o", "shop", "."]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1000:]
    image = built("go:1", folder)
    own = {"DATABASE_URL": f"{SECRET}shop/db-AbCdEf"}
    file = stack_file(
        tmp_path,
        {"command": ["migrate"], "secrets": own},
        {"healthCheck": {"path": "/ready"}, "secrets": own},
    )
    report, _ = rehearsed("--image", image, "--stack-file", str(file))
    assert report["ok"], steps(report)
    logs = "".join(
        one.read_text(encoding="utf-8") for one in Path(report["logs"]).rglob("*") if one.is_file()
    )
    assert "migrated, encrypted: true" in logs

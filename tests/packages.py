"""Debian's packages that single tests need: installed where we may, so that nothing is left out in CI."""

import os
import shutil
import subprocess

import pytest


def need(program: str, *packages: str) -> None:
    """Make sure that a program is there; skip the test where it is not and we are not root on a machine with apt."""
    path = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"
    if shutil.which(program, path=path):
        return
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        pytest.skip(f"{program} is missing, and only root can install {', '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        done = subprocess.run([apt, *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-500:]


def aws_cli_2() -> str:
    """Version 2 of the AWS CLI: this machine's, or Debian's; skip the test where neither can be had."""
    path = f"{os.environ.get('PATH', '')}:/usr/local/bin:/usr/bin"
    found = next((one for folder in path.split(":") if _is_version_2(one := f"{folder}/aws")), None)
    if found is None:
        need("/usr/bin/aws", "awscli")
        found = "/usr/bin/aws"
    if not _is_version_2(found):
        pytest.skip(f"{found} is not version 2 of the AWS CLI, and Debian 12 and later have it (awscli)")
    return found


def _is_version_2(program: str) -> bool:
    if shutil.which(program) is None:
        return False
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return told.startswith("aws-cli/2.")

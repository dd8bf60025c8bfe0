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

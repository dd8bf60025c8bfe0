"""The example of a program of somebody's own, with this project installed as docs/embedding.md says."""

import shutil
import site
import subprocess
import sys
from pathlib import Path

from rehearsal.host.project import ROOT

EXAMPLE = ROOT / "examples" / "own-program"


def installed(folder: Path) -> Path:
    """A copy in `folder`, with an environment of its own into which this checkout is installed, and nothing else."""
    copy = folder / "own-program"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", copy / ".venv"], check=True)
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--offline", "--no-deps"]
    python = copy / ".venv" / "bin" / "python"
    subprocess.run([*uv, "--no-cache", "--python", str(python), str(ROOT)], check=True)
    [packages] = (copy / ".venv" / "lib").glob("python*/site-packages")
    # Its dependencies are those of this environment, instead of a registry's.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    return copy

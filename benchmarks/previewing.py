"""Operations of the real Pulumi engine on one program, as a process of its own.

    python -m benchmarks.previewing ours|flat OPERATION RECORDED COPIES

OPERATION is preview, or up (on an empty file backend). Prints the seconds it took and how many resources there were; starting
the local cloud and making the stack is not in it, loading the program's own modules is.
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import copies, programs
from rehearsal.evaluation.program import stack_config
from rehearsal.host.project import ROOT
from rehearsal.pulumi_engine.find_cli import the_cli
from rehearsal.pulumi_engine.stack import engine_stack
from rehearsal.running.endpoint import empty_cloud

STACK = "stg"


def declare(kind: str, recorded: str, size: int) -> None:
    """What the engine runs: our program as it is, several of it, or the same resources flat."""
    if kind == "flat":
        programs.flat(size, Path(recorded))()
    elif size == 1:
        programs.once()
    else:
        copies.declare(size, stack_config(STACK))


def main() -> None:
    """Time one operation."""
    kind, operation, recorded, size = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="engine-") as folder, empty_cloud(Path(folder)) as cloud:
        root = _root(Path(folder) / "root", kind, recorded, int(size))
        with engine_stack(cloud, STACK, the_cli(), root=root) as stack:
            begun = time.monotonic()
            outcome = getattr(stack, operation)()
            took = time.monotonic() - begun
    made = {one.urn for one in outcome.operations if one.op == "create" and one.type.startswith("aws:")}
    print(json.dumps({"seconds": took, "copies": int(size), "resources": len(made)}))


def _root(root: Path, kind: str, recorded: str, size: int) -> Path:
    """A project whose program is the wanted one, with the real one's own settings."""
    root.mkdir()
    for name in ("Pulumi.yaml", f"Pulumi.{STACK}.yaml"):
        shutil.copyfile(ROOT / name, root / name)
    words = f"{kind!r}, {recorded!r}, {size}"
    (root / "__main__.py").write_text(
        f"from benchmarks.previewing import declare\n\ndeclare({words})\n", encoding="utf-8"
    )
    return root


if __name__ == "__main__":
    main()

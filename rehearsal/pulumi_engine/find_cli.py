"""Finds the Pulumi CLI: the user's own, else one built here from source."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from pulumi.automation import PulumiCommand

from rehearsal.errors import MachineError
from rehearsal.host.project import ROOT

OLDEST = (3, 206)
"""First CLI that sends its events over gRPC, so that none of them are written to a file outside the scratch folder."""

OLDEST_GO = (1, 25, 6)
"""What the CLI's own modules ask for."""

VERSION = "3.225.0"
"""What `tools/pulumi` builds."""

LINKED = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={VERSION}"
"""Linker flags; without a version the Automation API refuses the CLI."""

BUILT = Path(".tools") / "pulumi"
"""Folder of the CLI that is built here, below the project's; it is in `bin`."""

BUILD_TIMEOUT = 1800.0
"""Seconds a build may take; four minutes were seen on two cores."""

_REMEDY = f"install Pulumi, or Go {'.'.join(map(str, OLDEST_GO))} to have the CLI built by `make pulumi`"

Progress = Callable[[str], None]


def find_cli(root: Path = ROOT) -> PulumiCommand | None:
    """The CLI that is there, without building one; None when there is none."""
    own = shutil.which("pulumi")
    if own is not None and _version([own, "version"]) >= OLDEST:
        return PulumiCommand()
    built = root / BUILT
    return PulumiCommand(str(built)) if (built / "bin" / "pulumi").is_file() else None


def the_cli(progress: Progress | None = None, root: Path = ROOT) -> PulumiCommand:
    """The CLI that is there, or one built now.

    `progress` is told before something takes long. Raises RehearsalError that says what would bring a CLI in.
    """
    return find_cli(root) or build_cli(progress, root)


def build_cli(progress: Progress | None = None, root: Path = ROOT) -> PulumiCommand:
    """Build the CLI of `tools/pulumi` into `.tools/pulumi/bin`; RehearsalError when Go is missing, too old or fails."""
    absent = _go_missing()
    if absent:
        raise MachineError(
            absent, f"the engine tier runs the real CLI, {'.'.join(map(str, OLDEST))} or newer", _REMEDY
        )
    if progress:
        progress(f"building the Pulumi CLI {VERSION} from tools/pulumi; takes some minutes the first time")
    target = root / BUILT / "bin" / "pulumi"
    target.parent.mkdir(parents=True, exist_ok=True)
    package = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
    built = subprocess.run(
        [shutil.which("go") or "go", "build", "-ldflags", LINKED, "-o", str(target), package],
        cwd=root / "tools" / "pulumi",
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT,
        check=False,
    )
    if built.returncode != 0:
        said = " ".join(built.stderr.split()[-40:])
        raise MachineError(
            "go build of the Pulumi CLI failed", said, "see whether Go can reach its module proxy"
        )
    return PulumiCommand(str(root / BUILT))


def cli_missing(root: Path = ROOT) -> str | None:
    """Why there is no CLI and none can be built, and what would bring one in; None when there is one or it can be built."""
    absent = None if find_cli(root) else _go_missing()
    return f"{absent}; {_REMEDY}" if absent else None


def _go_missing() -> str | None:
    go = shutil.which("go")
    if go is None:
        return "no Pulumi CLI on PATH, and no Go"
    least = ".".join(map(str, OLDEST_GO))
    return (
        None
        if _version([go, "version"]) >= OLDEST_GO
        else f"no Pulumi CLI on PATH, and Go older than {least}"
    )


def _version(command: list[str]) -> tuple[int, ...]:
    """First version number a command prints; empty, which is older than any, when it prints none."""
    try:
        said = subprocess.run(
            command,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "GOTOOLCHAIN": "local"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    return tuple(int(part or 0) for part in match.groups()) if match else ()

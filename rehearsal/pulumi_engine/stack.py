"""One stack of the project, driven by the real CLI and engine against the local cloud.

Everything is in one scratch folder: copies of `Pulumi.yaml` and the stack's file (the CLI may write into the latter), the
file backend, Pulumi's home. The Automation API serves the program from this process, so no language plugin is needed.
"""

import json
import os
import runpy
import secrets
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation
from pulumi.automation.errors import CommandError
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS as CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]

from rehearsal.host.project import ROOT
from rehearsal.pulumi_engine.outcome import EngineEvents, EngineFailed, Outcome
from rehearsal.pulumi_engine.provider import Provider
from rehearsal.world.cloud import Cloud

SCRUBBED = ("AWS_", "PULUMI_", "GOOGLE_", "AZURE_", "VAULT_")
"""Beginnings of variables that could lead the CLI to somebody's account, backend or key."""


class Stack:
    """A stack whose every run is structured: what was done, by URN."""

    def __init__(self, stack: automation.Stack, provider: Provider, settings_file: Path) -> None:
        """Hold an initialized stack; see `engine_stack`."""
        self._stack = stack
        self.provider = provider
        """The provider, for its log, its injected failures and its view of what is live."""
        self.settings_file = settings_file
        """The copy of the stack's file, free to be edited."""

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the configuration, in the copy of the stack's file; `change` gets its `config` mapping."""
        document = yaml.safe_load(self.settings_file.read_text(encoding="utf-8"))
        change(document["config"])
        self.settings_file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def rename(self, name: str) -> None:
        """What `pulumi stack rename` does: the state's and the stack's file get the name, and nothing in AWS does."""
        workspace = self._stack.workspace
        self._call("stack", "rename", name, "--stack", self._stack.name)
        self.settings_file = self.settings_file.with_name(f"Pulumi.{name}.yaml")
        self._stack = automation.Stack.select(name, workspace)

    def set_secret(self, path: str, value: str) -> None:
        """What `pulumi config set --path --secret` does, in the copy of the stack's file."""
        self._stack.set_config(path, automation.ConfigValue(value, secret=True), path=True)

    def preview(self) -> Outcome:
        """What `up` would do."""
        return self._run(self._stack.preview)

    def up(self) -> Outcome:
        """Make the cloud what the program says."""
        return self._run(self._stack.up)

    def refresh(self) -> Outcome:
        """Make the state what the cloud says."""
        return self._run(self._stack.refresh)

    def destroy(self) -> Outcome:
        """Remove everything, after a preview, as `pulumi destroy` does; a protected resource fails the preview already."""
        self._run(self._stack.preview_destroy)
        return self.destroy_without_preview()

    def destroy_without_preview(self) -> Outcome:
        """Remove everything that may be removed: `pulumi destroy --skip-preview`."""
        return self._run(self._stack.destroy)

    def export(self) -> dict[str, Any]:
        """The state, as `pulumi stack export` writes it: secrets encrypted."""
        return json.loads(self._call("stack", "export", "--stack", self._stack.name))

    def resources(self) -> dict[str, Mapping[str, Any]]:
        """What the state holds, by URN."""
        return {one["urn"]: one for one in self.export()["deployment"].get("resources", [])}

    def _call(self, *words: str) -> str:
        """What the CLI answers."""
        workspace = self._stack.workspace
        environment = {**workspace.env_vars, "PULUMI_HOME": str(workspace.pulumi_home)}
        return workspace.pulumi_command.run(list(words), workspace.work_dir, environment).stdout

    def _run(self, operation: Callable[..., Any]) -> Outcome:
        events = EngineEvents()
        try:
            operation(on_event=events, color="never", suppress_progress=True, suppress_outputs=True)
        except CommandError as error:
            outcome = events.outcome()
            said = "\n".join(outcome.diagnostics) or str(error)
            raise EngineFailed(said, outcome) from None
        return events.outcome()


@contextmanager
def engine_stack(  # noqa: PLR0913  (one keyword for each thing a caller may choose)
    cloud: Cloud,
    name: str,
    cli: automation.PulumiCommand,
    *,
    folder: Path | None = None,
    root: Path = ROOT,
    file: Path | None = None,
) -> Generator[Stack]:
    """A stack of the project at `root`, empty at first, in `folder` (below the cloud's scratch folder when left out).

    `file` is its YAML where that is not the project's own.

    Raises CommandError when the CLI cannot even begin.
    """
    _share_no_connections()
    scratch = folder or cloud.scratch / "engine"
    for part in ("project", "backend", "home", "temporary"):
        (scratch / part).mkdir(parents=True, exist_ok=True)
    settings_file = scratch / "project" / f"Pulumi.{name}.yaml"
    shutil.copyfile(root / "Pulumi.yaml", scratch / "project" / "Pulumi.yaml")
    shutil.copyfile(file or root / settings_file.name, settings_file)
    with Provider(cloud) as provider:
        options = automation.LocalWorkspaceOptions(
            work_dir=str(scratch / "project"),
            pulumi_home=str(scratch / "home"),
            pulumi_command=cli,
            env_vars=_environment(scratch, provider.port),
        )
        stack = automation.create_or_select_stack(
            name, project_name=_project(root), program=lambda: _program(root), opts=options
        )
        yield Stack(stack, provider, settings_file)


def _share_no_connections() -> None:
    """Let every run of the program connect anew.

    gRPC shares connections among a process's channels by address, also the state "refused, wait before the next try".
    Each run of the engine listens on a port of its own, but one process drives many, and sooner or later a port comes
    again: the program would be refused by an engine that listens. The SDK offers no other place for the option.
    """
    option = ("grpc.use_local_subchannel_pool", 1)
    if option not in CHANNEL_OPTIONS:
        CHANNEL_OPTIONS.append(option)


def _project(root: Path) -> str:
    return yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))["name"]


def _program(root: Path) -> None:
    runpy.run_path(str(root / "__main__.py"), run_name="__main__")


def _environment(scratch: Path, port: int) -> dict[str, str]:
    """Everything of the machine's own taken away; the state is saved at the end of a run, and not after every step of it."""
    emptied = {name: "" for name in os.environ if name.startswith(SCRUBBED)}
    return {
        **emptied,
        "PULUMI_BACKEND_URL": f"file://{scratch / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(16),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_SKIP_CHECKPOINTS": "true",
        "PULUMI_DEBUG_PROVIDERS": f"aws:{port}",
        "TMPDIR": str(scratch / "temporary"),
    }

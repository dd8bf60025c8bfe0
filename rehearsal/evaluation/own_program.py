"""A Pulumi program of somebody's own that declares a stack by `image_delivery.declare`, evaluated by its own interpreter.

It has modules of its own, which may be called like ours, so it never runs in this process. What it gives `declare` is asked for
first: databases, secrets and the account are chosen by the settings, before anything is declared.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from documents.nested import is_map
from rehearsal.errors import StackError
from rehearsal.evaluation import guest, stack_file
from rehearsal.evaluation.guest_monitor import GuestMonitor
from rehearsal.evaluation.homecoming import place_of
from rehearsal.evaluation.program import config_of, stack_config
from rehearsal.host.environment import FIXED, users
from rehearsal.host.interruption import Interruption
from rehearsal.host.processes import Child, Processes
from rehearsal.world.cloud import Cloud
from settings import NAMESPACE

SCRUBBED = ("AWS_", "PULUMI_", "PYTHON", "VIRTUAL_ENV", "GOOGLE_", "AZURE_", "VAULT_")
"""Beginnings of variables that could lead the program to somebody's account, or its interpreter to other modules."""

ENCRYPTED = "(encrypted in the stack's file)"
"""What the program is given for a value of its own that only the stack's key could open."""

_INSTALL = "install it there: docs/embedding.md"


@dataclass(frozen=True, kw_only=True)
class OwnProgram:
    """One program: what its Pulumi.yaml says of it."""

    folder: Path
    """Where its Pulumi.yaml and its stacks' files are."""
    project: str
    main: Path
    """The file that is run."""
    python: Path
    """The interpreter that runs it."""
    defaults: Mapping[str, Any]
    """Configuration that the project gives every stack."""
    _given: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """What it gave `declare`, by stack: asking costs seconds."""

    def config(self, stack: str, file: Path | None, interruption: Interruption) -> dict[str, Any]:
        """The stack's whole configuration, with what the program itself gives `declare` among our keys.

        `file` is the stack's YAML where it is not beside the program. Raises StackError in one sentence, also of what the
        program raised.
        """
        config = config_of(file, self.project) if file else stack_config(stack, self.folder, self.project)
        config = {key: _opened(value) for key, value in {**self.defaults, **config}.items()}
        if stack not in self._given:
            with GuestMonitor(self.project, stack, place_of(config)) as monitor:
                said = self._run(monitor, stack, config, interruption, ask=True)
            if "settings" not in said:
                raise StackError(
                    str(self.main),
                    "it ended without declaring a delivery",
                    "call image_delivery.declare() in it, and not inside an apply, which waits for what is known only later",
                )
            self._given[stack] = said["settings"]
        return {**{f"{NAMESPACE}:{key}": value for key, value in self._given[stack].items()}, **config}

    def declare(
        self, cloud: Cloud, stack: str, config: Mapping[str, Any], interruption: Interruption
    ) -> None:
        """Evaluate it; what it declares is in the cloud afterwards, and what stands beside the delivery is named."""
        with GuestMonitor(self.project, stack, cloud.place, cloud) as monitor:
            self._run(monitor, stack, config, interruption, ask=False)
        for line in monitor.told:
            cloud.journal.record("Pulumi", f"the program says: {line}")
        if monitor.not_played:
            left = ", ".join(
                f"{type_} ({', '.join(sorted(names))})" for type_, names in sorted(monitor.not_played.items())
            )
            cloud.journal.record("Pulumi", f"not played, beside the delivery: {left}")

    def _run(
        self,
        monitor: GuestMonitor,
        stack: str,
        config: Mapping[str, Any],
        interruption: Interruption,
        *,
        ask: bool,
    ) -> dict[str, Any]:
        """What it answered; StackError when it could not be run to its end."""
        with tempfile.TemporaryDirectory(prefix="delivery-") as name, Processes() as processes:
            folder = Path(name)
            order, answer, log = folder / "order.json", folder / "answer.json", folder / "log"
            order.write_text(
                json.dumps(
                    {
                        "main": str(self.main),
                        "root": str(self.folder),
                        "project": self.project,
                        "stack": stack,
                        "monitor": monitor.address,
                        "config": {key: stack_file.as_text(value) for key, value in config.items()},
                        "answer": str(answer),
                        "ask": ask,
                    }
                ),
                encoding="utf-8",
            )
            child = processes.start(
                [str(self.python), "-P", "-X", "utf8", guest.__file__, str(order)],
                environment=_environment(),
                folder=self.main.parent,
                log=log,
            )
            with interruption.at_once():
                child.process.wait()
            if monitor.refused:
                raise monitor.refused[0]
            return self._judged(_said(answer), child)

    def _judged(self, said: dict[str, Any] | None, child: Child) -> dict[str, Any]:
        if said is None:
            last = " / ".join(child.tail(3)) or "it said nothing"
            raise StackError(
                str(self.main), f"it ended with exit code {child.poll()}: {last}", "correct it there"
            )
        error = said.get("error")
        if error is None:
            return said
        if missing := next(
            (one for one in ("pulumi", "image_delivery") if f"No module named '{one}'" in error), ""
        ):
            raise StackError(str(self.python), f"it has no package {missing}", _INSTALL)
        where = f" ({said['where']})" if said["where"] else ""
        raise StackError(str(self.main), f"{error}{where}", "correct it there")


def own_program(folder: Path) -> OwnProgram:
    """The program whose Pulumi.yaml is in a folder; StackError in one sentence for what cannot be run."""
    file = folder / "Pulumi.yaml"
    if not file.is_file():
        raise StackError(
            str(folder), "there is no Pulumi.yaml in it", "name the folder of the program's Pulumi.yaml"
        )
    document = stack_file.document(file, "a project's file is a map with name and runtime")
    name, runtime = document.get("name"), document.get("runtime")
    language = runtime.get("name") if is_map(runtime) else runtime
    if not isinstance(name, str) or language != "python":
        raise StackError(
            str(file),
            f"its name is {name!r} and its runtime {language!r}",
            "a program in Python is rehearsed, and has both",
        )
    options = _map(file, "runtime.options", runtime.get("options") if is_map(runtime) else None)
    return OwnProgram(
        folder=folder.resolve(),
        project=name,
        main=_main(folder.resolve(), document.get("main")),
        python=_python(file.resolve(), options),
        defaults=_defaults(name, _map(file, "config", document.get("config"))),
    )


def _map(file: Path, what: str, value: Any) -> Mapping[str, Any]:
    """A part of the project's file that is a map with texts for keys, or is left out."""
    if value is None:
        return {}
    if not is_map(value) or not all(isinstance(key, str) for key in value):
        raise StackError(
            str(file), f"{what} is no map of texts to values", "write it as lines of `key: value`"
        )
    return value


def _main(folder: Path, given: Any) -> Path:
    """Pulumi documentation, "Pulumi project file reference": `main` is a folder or a file, relative to Pulumi.yaml."""
    main = folder / str(given or ".")
    main = main / "__main__.py" if main.is_dir() else main
    if not main.is_file():
        raise StackError(str(main), "there is no such program", "correct main in Pulumi.yaml")
    return main


def _python(file: Path, options: Mapping[str, Any]) -> Path:
    """Its own environment's interpreter: the one that `pulumi up` takes (project file reference, "runtime.options")."""
    toolchain = options.get("toolchain", "pip")
    virtualenv = options.get("virtualenv") or (".venv" if toolchain == "uv" else None)
    if virtualenv is None or not isinstance(virtualenv, str) or "\0" in virtualenv:
        raise StackError(
            str(file),
            f"it names no virtual environment (toolchain {toolchain})",
            "say which one by runtime.options.virtualenv",
        )
    python = file.parent / str(virtualenv) / "bin" / "python"
    if not os.access(python, os.X_OK):
        raise StackError(
            str(python), "there is no such interpreter", "make the environment: docs/embedding.md"
        )
    return python


def _defaults(project: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Values that the project gives every stack (project file reference, "config"); a key without a namespace is the project's."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        whole = key if ":" in key else f"{project}:{key}"
        if isinstance(value, dict) and {"value", "default"} & value.keys():
            found[whole] = value.get("value", value.get("default"))
        elif not isinstance(value, dict):
            found[whole] = value
    return found


def _opened(value: Any) -> Any:
    """A value as the program reads it, or a text in place of one that is encrypted; one of ours is refused before."""
    return ENCRYPTED if isinstance(value, dict) and value.keys() == {"secure"} else value


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in users().items() if not key.startswith(SCRUBBED)}
    return {**kept, **FIXED}


def _said(answer: Path) -> dict[str, Any] | None:
    try:
        return json.loads(answer.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

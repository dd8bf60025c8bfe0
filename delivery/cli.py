"""The command line: what all verbs have in common."""

import contextlib
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from delivery.commands import rehearse
from delivery.interruption import ending_in_order
from delivery.options import Options
from rehearsal.errors import MachineError
from rehearsal.host.environment import take_over
from rehearsal.host.interruption import Interruption

_T = TypeVar("_T")

app = typer.Typer(
    name="delivery",
    help="Deliver images to Amazon ECS: rehearse the declared pipeline on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def version() -> str:
    """The project's version, which stands in pyproject.toml and nowhere else."""
    import tomllib  # noqa: PLC0415  (10 ms that only this needs)

    project = Path(__file__).resolve().parent.parent / "pyproject.toml"
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def _say_version(wanted: bool) -> None:  # noqa: FBT001  (typer hands over the flag so)
    if wanted:
        typer.echo(f"delivery {version()}")
        raise typer.Exit


@app.callback()
def _before(
    _version: Annotated[
        bool, typer.Option("--version", help="Say the version and end.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """Deliver images to Amazon ECS: rehearse the declared pipeline on this machine."""


def verb(options: Callable[..., _T], work: Callable[[_T, Interruption], int]) -> Callable[..., None]:
    """A verb as typer reads it: the options' fields are its own arguments, and it ends in order from the first moment."""

    def called(**given: object) -> None:
        asked = options(**given)
        raise typer.Exit(ending_in_order(lambda interruption: work(asked, interruption)))

    called.__signature__ = inspect.signature(options)  # type: ignore[attr-defined]
    return called


app.command(name="rehearse", help=rehearse.HELP)(verb(Options, rehearse.work))


def main() -> None:
    """Run the command line, in an environment made for it; what cannot be written out ends it with one sentence."""
    try:
        take_over()
        app(prog_name="delivery")
    except MachineError as error:
        _end(str(error), error.exit_code)
    except SystemExit as ended:
        _flush(told=bool(ended.code))
        raise


def _flush(*, told: bool) -> None:
    """Write out what is left; left to the interpreter, a full disk would be told with a traceback."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if told:
            return
        _end(
            f"standard output: {error.strerror}: the report could not be written; make room",
            MachineError.exit_code,
        )


def _end(sentence: str, code: int) -> NoReturn:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()
    raise SystemExit(code)

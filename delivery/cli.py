"""The commands: thin, each hands over to the module that does the work."""

import contextlib
import gc
import os
import sys
from typing import NoReturn

import typer

from delivery.interruption import ending_in_order
from delivery.options import Options, command
from rehearsal.errors import MachineError
from rehearsal.host.environment import take_over
from rehearsal.interruption import Interruption

app = typer.Typer(
    name="delivery",
    help="Deliver images to Amazon ECS: rehearse the declared pipeline on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

REHEARSE = """Play releases of an application through the declared pipeline, on this machine.

The real Pulumi program of the stack is evaluated against a local cloud. No AWS account, credentials or Docker are \
needed, and nothing leaves this machine, except that a Docker daemon, where there is one, pulls base images. \
Unless you name your own, the sample application examples/app is played.

Exit codes: 0 every scenario went as it should; 1 one did not, or the application cannot be built; 2 these options; \
3 the stack's settings or program; 4 this machine (a tool, a port, the disk, Docker); 70 a fault of the rehearsal itself, whose traceback is saved; 130 and 143 interrupted and \
terminated.
"""


@app.callback()
def _commands() -> None:
    """Deliver images to Amazon ECS: rehearse the declared pipeline on this machine."""


def rehearse(options: Options) -> None:
    """Hand over to `delivery.rehearse`, which loads Pulumi, ready to end in order from the first moment."""

    def work(interruption: Interruption) -> int:
        gc.disable()  # until the program is evaluated: what is loaded until then stays (see rehearsal.rehearsal)
        try:
            from delivery.rehearse import run  # noqa: PLC0415  (operators must not wait for pulumi to load)
        except OSError as error:  # one of the libraries asks for a folder for temporary files as it is loaded
            rule = "the rehearsal's parts cannot be loaded"
            raise MachineError(str(error), rule, "make room on the disk and in /tmp") from error
        return run(options, interruption)

    raise typer.Exit(ending_in_order(work))


app.command(name="rehearse", help=REHEARSE)(command(Options, rehearse))


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

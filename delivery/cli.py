"""The commands: thin, each hands over to the module that does the work."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from delivery.interruption import Interruption, ending_in_order

app = typer.Typer(
    name="delivery",
    help="Deliver images to Amazon ECS: rehearse the declared pipeline on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _commands() -> None:
    """Deliver images to Amazon ECS: rehearse the declared pipeline on this machine."""


@app.command(
    help="Play releases of the sample application through the declared pipeline, on this machine.\n\n"
    "The real Pulumi program of the stack is evaluated against a local cloud. No AWS account, credentials or Docker are "
    "needed, and nothing leaves this machine, except that a Docker daemon, where there is one, pulls base images. "
    "Exits with 0 only when every scenario went as it should."
)
def rehearse(  # noqa: PLR0913, PLR0917  (one argument for each option)
    stack: Annotated[str, typer.Option(help="Stack whose YAML is rehearsed.")] = "stg",
    level: Annotated[
        str | None,
        typer.Option(
            help="Level of reality: process or container. Default: the most real one this machine can do."
        ),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            help="Scenario to play: release, broken-migration or denied; may be given again. Default: all."
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(
            help="Release this image of the local Docker daemon instead of the sample application.",
            metavar="NAME[:TAG]",
        ),
    ] = None,
    previous: Annotated[
        str | None,
        typer.Option(help="With --image: the local image that answers before.", metavar="NAME[:TAG]"),
    ] = None,
    from_state: Annotated[
        Path | None,
        typer.Option(
            help="Rehearse the resources of a `pulumi stack export` instead of evaluating the program.",
            metavar="FILE",
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Stay up afterwards and print the URLs, until Ctrl-C.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON; the timeline goes to stderr.")
    ] = False,
) -> None:
    """Hand over to `delivery.rehearse`, which loads Pulumi, ready to end in order from the first moment."""

    def work(interruption: Interruption) -> int:
        gc.disable()  # until the program is evaluated: what is loaded until then stays (see rehearsal.rehearsal)
        from delivery.rehearse import Options, run  # noqa: PLC0415  (operators must not wait for pulumi to load)

        options = Options(
            stack,
            level,
            tuple(scenario or ()),
            image=image,
            previous=previous,
            from_state=from_state,
            keep=keep,
            as_json=as_json,
        )
        return run(options, interruption)

    raise typer.Exit(ending_in_order(work))


def main() -> None:
    """Run the command line."""
    app(prog_name="delivery")

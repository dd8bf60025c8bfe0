"""What `delivery rehearse` can be asked for: each option is written once, here, and is parsed, documented and handed on from it.

Loads nothing but the command line's own library: the help must not wait for Pulumi.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

WHAT = "What is rehearsed"
APPLICATION = "Whose application"
TRAFFIC = "Traffic and limits"
OUTSIDE = "The world outside the stack"
SHOWN = "What is shown"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked for."""

    stack: Annotated[
        str | None,
        typer.Option(
            help="Name of the stack, whose Pulumi.NAME.yaml is rehearsed unless --stack-file names another. Default: "
            "what --stack-file is called, else stg.",
            metavar="NAME",
            rich_help_panel=WHAT,
        ),
    ] = None
    stack_file: Annotated[
        Path | None,
        typer.Option(
            help="Any complete stack file, such as one of examples/stacks; a name Pulumi.NAME.yaml names the stack too.",
            metavar="FILE",
            rich_help_panel=WHAT,
        ),
    ] = None
    program: Annotated[
        Path | None,
        typer.Option(
            help="A Pulumi program of your own that declares the stack beside other resources, by the folder of its "
            "Pulumi.yaml; its stacks' files are there too. Default: this project.",
            metavar="FOLDER",
            rich_help_panel=WHAT,
        ),
    ] = None
    level: Annotated[
        str | None,
        typer.Option(
            help="Level of reality: process or container. Default: the most real one this machine can do.",
            rich_help_panel=WHAT,
        ),
    ] = None
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            help="Scenario to play: release, broken-migration or denied; may be given again. The others begin where "
            "release ends, so it is played first. Default: all.",
            rich_help_panel=WHAT,
        ),
    ] = None
    from_state: Annotated[
        Path | None,
        typer.Option(
            help="Rehearse the resources of a `pulumi stack export` instead of evaluating the program.",
            metavar="FILE",
            rich_help_panel=WHAT,
        ),
    ] = None
    app: Annotated[
        Path | None,
        typer.Option(
            help="Release the application in this folder, by its Dockerfile, instead of the sample application.",
            metavar="FOLDER",
            rich_help_panel=APPLICATION,
        ),
    ] = None
    image: Annotated[
        str | None,
        typer.Option(
            help="Release this image of the local Docker daemon instead of the sample application.",
            metavar="NAME[:TAG]",
            rich_help_panel=APPLICATION,
        ),
    ] = None
    previous: Annotated[
        str | None,
        typer.Option(
            help="With --app or --image: what answers before, a folder or a local image. Default: the bootstrap image.",
            metavar="FOLDER|NAME[:TAG]",
            rich_help_panel=APPLICATION,
        ),
    ] = None
    traffic_path: Annotated[
        list[str] | None,
        typer.Option(
            help="Path that is asked for while releases go on; may be given again. An answer below 400 is a good one. "
            "Default: each service's health path; of the sample application, /.",
            metavar="PATH",
            rich_help_panel=TRAFFIC,
        ),
    ] = None
    traffic_concurrency: Annotated[
        int,
        typer.Option(
            help="Requests under way at a time, for each path of each service.", rich_help_panel=TRAFFIC
        ),
    ] = 1
    release_timeout: Annotated[
        float | None,
        typer.Option(
            help="Seconds a release may take here; a limit of the rehearsal's own, AWS has others. "
            "Default: the minutes that the stack gives its migration, and five more.",
            rich_help_panel=TRAFFIC,
        ),
    ] = None
    approve: Annotated[
        bool | None,
        typer.Option(
            "--approve/--reject",
            help="Answer to every approval (release.approval) and to every pause of a rollout by ECS. "
            "Default: asked for on the terminal.",
            rich_help_panel=OUTSIDE,
        ),
    ] = None
    at: Annotated[
        str | None,
        typer.Option(
            help="When it is, for release.window: 2026-11-26T09:30, in the window's time zone. "
            "Default: now, or the window's next moment.",
            metavar="TIME",
            rich_help_panel=OUTSIDE,
        ),
    ] = None
    hook: Annotated[
        list[str] | None,
        typer.Option(
            help="What the function of a hook answers, such as AfterAllowTestTraffic=Failed; may be given again. "
            "Default: Succeeded.",
            metavar="EVENT=RESULT",
            rich_help_panel=OUTSIDE,
        ),
    ] = None
    repository_tags: Annotated[
        str | None,
        typer.Option(
            help="Tag mutability of an existing repository (images.<name>.createRepository: false): MUTABLE, IMMUTABLE or "
            "IMMUTABLE_WITH_EXCLUSION:FILTER,… Default: MUTABLE.",
            metavar="MUTABILITY",
            rich_help_panel=OUTSIDE,
        ),
    ] = None
    secrets: Annotated[
        Path | None,
        typer.Option(
            help="Values of the stack's secrets, by variable or reference: YAML, or lines NAME=VALUE. Never shown.",
            metavar="FILE",
            rich_help_panel=APPLICATION,
        ),
    ] = None
    database: Annotated[
        str | None,
        typer.Option(
            help="Engine to start, postgres or mysql (default: what the stack's database port says), or a database of "
            "your own on this machine: its URL, or @FILE with the URL in it, which no other user can read off the "
            "command line. Its migrations are real.",
            metavar="ENGINE|URL|@FILE",
            rich_help_panel=APPLICATION,
        ),
    ] = None
    dump: Annotated[
        Path | None,
        typer.Option(
            help="What the database holds before the first release: SQL, plain or gzipped, or pg_dump's custom format.",
            metavar="FILE",
            rich_help_panel=APPLICATION,
        ),
    ] = None
    build_timeout: Annotated[
        float | None,
        typer.Option(
            help="Real seconds a build may take in this rehearsal, where that is less than the project's own limit. "
            "Default: what the stack declares, as on AWS.",
            metavar="SECONDS",
            min=1,
            rich_help_panel=OUTSIDE,
        ),
    ] = None
    keep: Annotated[
        bool,
        typer.Option(
            "--keep",
            help="Stay up afterwards, until Ctrl-C: print the URLs and what to paste to ask this cloud by the AWS CLI.",
            rich_help_panel=SHOWN,
        ),
    ] = False
    pace: Annotated[
        float | None,
        typer.Option(
            help="How many times faster than on AWS its own waits pass, such as the minutes before old tasks go. "
            "Default: 100, and 10 once it stays up (--keep), so that there is time to act.",
            metavar="TIMES",
            min=1,
            max=1000,
            rich_help_panel=TRAFFIC,
        ),
    ] = None
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print the report as JSON; the timeline goes to stderr.", rich_help_panel=SHOWN
        ),
    ] = False

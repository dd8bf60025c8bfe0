"""Starts a rehearsal: the local cloud, the declared program in it, and the services that behave like AWS's.

Everything that is started belongs to one context, which stops it whatever happens; what a killed rehearsal leaves running,
the reaper ends (see `host/processes.py`).
"""

import gc
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from documents.names import Names
from documents.place import EXAMPLE_ACCOUNT, Place
from rehearsal.codepipeline.declared import PIPELINE_TYPE
from rehearsal.ecr.registry_rules import TagRule
from rehearsal.errors import StackError
from rehearsal.evaluation import database_environment, secrets_file
from rehearsal.evaluation.database_environment import Pointed
from rehearsal.evaluation.homecoming import brought_home, place_of
from rehearsal.evaluation.own_program import OwnProgram
from rehearsal.evaluation.program import config_of, stack_config
from rehearsal.evaluation.resources import declare
from rehearsal.evaluation.secret_values import Told, readers, store
from rehearsal.evaluation.secrets_file import Given
from rehearsal.gateway.gateway import Gateway
from rehearsal.host.database_address import Address, Wanted
from rehearsal.host.databases import Served, serving
from rehearsal.host.interruption import Interruption
from rehearsal.host.processes import Processes
from rehearsal.host.project import ROOT
from rehearsal.host.scratch import run_folder
from rehearsal.host.tools import require
from rehearsal.identity.authority import Authority
from rehearsal.levels.process.level import ARCHITECTURES, Level
from rehearsal.running import existing
from rehearsal.running.endpoint import local_endpoint
from rehearsal.running.outside import Outside
from rehearsal.running.pushes import Pushes
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.services import services
from rehearsal.world.clock import Clock
from rehearsal.world.cloud import Cloud
from rehearsal.world.journal import Journal
from rehearsal.world.logs import Logs
from rehearsal.world.pull_through_caches import PullThroughCaches
from settings import NAMESPACE, Settings, parse


@contextmanager
def rehearsing(  # noqa: PLR0913  (one keyword for each thing a caller may choose)
    stack: str,
    *,
    level: type[Level],
    journal: Journal | None = None,
    stack_file: Path | None = None,
    own: OwnProgram | None = None,
    declare_instead: Callable[[Cloud], None] | None = None,
    outside: Outside | None = None,
    interruption: Interruption | None = None,
    clock: Clock | None = None,
) -> Generator[Rehearsal]:
    """Start everything a stack needs, evaluate its program, and stop everything at the end.

    `stack_file` is the stack's YAML where it is not this project's own; `own` is a program that declares the stack among other things; `declare_instead` makes the resources in the program's place, for example from an exported state; `outside` answers for the world around the stack; `clock` says how fast AWS's waits pass. A signal that `interruption` has heard of ends the starting where nothing is left behind. Raises RehearsalError for what the machine lacks, SettingsError and pulumi.RunError for the stack's own faults.
    """
    require()
    interruption = interruption or Interruption()
    journal = journal or Journal()
    config = configuration(stack, stack_file, own, interruption)
    settings = settings_of(config)
    config, moved = brought_home(config, settings)
    settings = settings_of(config)
    outside = outside or Outside()
    outside.refuse_what_does_not_fit(settings)
    given = secrets_file.read(outside.secrets, readers(settings)) if outside.secrets else None
    with ExitStack() as ends, interruption.stopping():
        folder = ends.enter_context(run_folder(ROOT))
        processes = ends.enter_context(Processes())
        background = ends.enter_context(ThreadPoolExecutor(1, thread_name_prefix="postgres"))
        database = background.submit(_database, ends, outside.database, settings, processes, folder)
        pushes: Future[Pushes] = Future()
        gateway, cloud = ends.enter_context(
            _local_cloud(stack, settings, place_of(config), pushes, journal, folder, clock)
        )
        if not settings.image.create_repository:
            _make_existing_repository(cloud, settings.image.repository, outside.repository)
        existing.stand_up(cloud, settings, Names(settings.application, stack))
        there = cloud.count()
        pointed = (
            database_environment.as_exported(config)
            if declare_instead
            else _pointed(config, database, level, interruption)
        )
        settings = settings_of(pointed.config)
        with _not_collecting():
            if declare_instead:
                declare_instead(cloud)
                _refuse_another_stack(cloud, Names(settings.application, stack))
            else:
                evaluate = own.declare if own else declare
                evaluate(cloud, stack, pointed.config, interruption)
        whose = f"; account {moved} is {EXAMPLE_ACCOUNT} here" if moved else ""
        journal.record("Pulumi", f"{cloud.count() - there} resources of stack {stack} declared{whose}")
        with interruption.at_once():
            served = database.result()
        journal.record("Database", f"{served.product} serves the application's database")
        told = _secrets(cloud, settings, level.reached(served.address), given)
        told.left = _told_of(pointed, journal)
        made = level(cloud, processes, ARCHITECTURES[settings.architecture], served.address)
        rehearsal = ends.enter_context(
            services(stack, settings, cloud, gateway, ends.enter_context(made), processes, outside)
        )
        rehearsal.told, rehearsal.served = told, served
        pushes.set_result(rehearsal.pushes)
        interruption.heed()
        yield rehearsal


@contextmanager
def _local_cloud(  # noqa: PLR0913, PLR0917  (one argument for each thing the cloud stands on)
    stack: str,
    settings: Settings,
    place: Place,
    pushes: Future[Pushes],
    journal: Journal,
    folder: Path,
    clock: Clock | None,
) -> Generator[tuple[Gateway, Cloud]]:
    """The endpoint, which tells `pushes` of pushes as soon as there is somebody to tell, and the cloud behind it, empty."""
    authority = Authority()
    with ExitStack() as ends:
        gateway = local_endpoint(
            authority, lambda push: pushes.result().arrived(push), place=place, log=folder / "emulator.log"
        )
        ends.callback(gateway.stop)
        cloud = Cloud(
            gateway.start(),
            authority,
            journal,
            folder,
            place,
            clock or Clock(),
            kept_logs=Logs.of_run(ROOT, stack),
            database_port=settings.network.database.port if settings.network.database else None,
            subnets_owner=settings.network.owner_account_id or "",
            pull_through_caches=PullThroughCaches(
                prefix for one in settings.services.values() for prefix in one.pull_through_cache_prefixes
            ),
        )
        ends.callback(cloud.close)
        yield gateway, cloud


def _refuse_another_stack(cloud: Cloud, names: Names) -> None:
    """Raise StackError when what was declared is not the stack that the settings are of."""
    there = [str(one.outputs["name"]) for one in cloud.declared(PIPELINE_TYPE)]
    if names.pipeline not in there:
        seen = f"pipeline {there[0]}" if there else "no pipeline"
        raise StackError(
            "the exported stack",
            f"it has {seen}, and the settings are of {names.pipeline}",
            f"name its own stack by --stack or --stack-file, or export stack {names.stack}",
        )


def _make_existing_repository(cloud: Cloud, name: str, rule: TagRule) -> None:
    """The repository that a stack uses and does not make, with the mutability it is said to have."""
    excluded = [{"filterType": "WILDCARD", "filter": one} for one in rule.filters]
    cloud.client("ecr").create_repository(
        repositoryName=name,
        imageTagMutability=rule.mutability,
        **({"imageTagMutabilityExclusionFilters": excluded} if excluded else {}),
    )
    cloud.journal.record("ECR", f"repository {name} is there already, {rule.mutability}")


def configuration(
    stack: str, stack_file: Path | None, own: OwnProgram | None, interruption: Interruption
) -> dict[str, Any]:
    """The stack's configuration as its YAML has it, and as a program of one's own completes it; StackError."""
    if own is not None:
        return own.config(stack, stack_file, interruption)
    return config_of(stack_file) if stack_file else stack_config(stack)


def settings_of(config: Mapping[str, Any]) -> Settings:
    """The settings in a stack's configuration; SettingsError."""
    return parse(
        {key.removeprefix(f"{NAMESPACE}:"): v for key, v in config.items() if key.startswith(NAMESPACE)}
    )


@contextmanager
def _not_collecting() -> Generator[None]:
    """Evaluating a program loads modules and makes objects that all stay: collecting among them only costs time."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _database(
    ends: ExitStack, wanted: Wanted, settings: Settings, processes: Processes, folder: Path
) -> Served:
    """The application's database, until the end."""
    declared = settings.network.database
    port = declared.port if declared else None
    return ends.enter_context(
        serving(wanted, port, processes, folder / "database", folder.parent / "templates")
    )


def _pointed(
    config: Mapping[str, Any], database: Future[Served], level: type[Level], interruption: Interruption
) -> Pointed:
    """Point plain variables that name a database of AWS at the rehearsal's, which is waited for only then."""
    if not database_environment.names_a_database(config):
        return Pointed(config)
    with interruption.at_once():
        served = database.result()
    return database_environment.point(config, level.reached(served.address))


def _told_of(pointed: Pointed, journal: Journal) -> Sequence[str]:
    """Say what became of such variables; answers what is left of them."""
    for line in (*pointed.done, *pointed.left):
        journal.record("Database", line)
    return pointed.left


def _secrets(cloud: Cloud, settings: Settings, database: Address, given: Given | None) -> Told:
    """Store values for the stack's secrets, and say whose they are."""
    if given is not None and given.readable_by_others:
        mode, path = given.readable_by_others, given.path
        text = f"{path} can be read by other users of this machine (mode {mode}): chmod 600 {path}"
        cloud.journal.record("Secrets", text)
    told = store(cloud, settings, database, given.filled(database) if given else None)
    for line in told.lines():
        cloud.journal.record("Secrets", line)
    return told

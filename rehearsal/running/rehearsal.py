"""One rehearsal: the local cloud, the declared program in it, and the services that behave like AWS's.

Everything that is started belongs to one context, which stops it whatever happens; what a killed rehearsal leaves running,
the reaper ends (see `host/processes.py`).
"""

import gc
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from documents.github import subjects
from rehearsal.codebuild.service import CodeBuild
from rehearsal.codedeploy.service import Deployments
from rehearsal.codepipeline.actions.codebuild import CodeBuildAction
from rehearsal.codepipeline.actions.codedeploy_to_ecs import CodeDeployToECS
from rehearsal.codepipeline.actions.ecr_source import EcrSource
from rehearsal.codepipeline.actions.manual_approval import ManualApproval
from rehearsal.codepipeline.api import CodePipelineApi
from rehearsal.codepipeline.execution import Execution
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.ecr.registry_rules import Push, TagRule
from rehearsal.ecs.service import EcsServices, Service
from rehearsal.elb.service import LoadBalancers
from rehearsal.elb.target_groups import HealthCheck
from rehearsal.errors import ApplicationError, RehearsalError
from rehearsal.evaluation import secrets_file
from rehearsal.evaluation.homecoming import brought_home, place_of
from rehearsal.evaluation.program import config_of, stack_config
from rehearsal.evaluation.resources import declare
from rehearsal.evaluation.secret_values import Told, readers, store
from rehearsal.evaluation.secrets_file import Given
from rehearsal.eventbridge.service import EventBridge, push_event
from rehearsal.gateway.gateway import Gateway
from rehearsal.host.database_address import Address, Wanted
from rehearsal.host.databases import Served, serving
from rehearsal.host.interruption import Interruption
from rehearsal.host.processes import Processes
from rehearsal.host.project import ROOT
from rehearsal.host.scratch import run_folder
from rehearsal.host.tools import require
from rehearsal.identity.authority import Authority, Credentials
from rehearsal.levels.process.level import ARCHITECTURES, Level
from rehearsal.levels.version import LocalImage, Version
from rehearsal.running.outside import Outside
from rehearsal.running.traffic import Load, Route, Traffic, answering
from rehearsal.running.verdict import Answering
from rehearsal.sns.service import Topics
from rehearsal.world.clock import Clock
from rehearsal.world.cloud import ACCOUNT, ADMINISTRATOR, BOOTSTRAP, Cloud, Declared
from rehearsal.world.journal import Journal
from rehearsal.world.logs import Logs
from settings import NAMESPACE, Settings, parse

PIPELINE = "aws:codepipeline/pipeline:Pipeline"
ROLE = "aws:iam/role:Role"
AROUND_A_MIGRATION = 300.0
"""Real seconds a release may take besides its migration before the rehearsal gives up on it."""

LISTENER = "aws:lb/listener:Listener"
SERVICE = "aws:ecs/service:Service"


@dataclass
class Rehearsal:
    """A running rehearsal."""

    stack: str
    settings: Settings
    cloud: Cloud
    level: Level
    pipeline: CodePipeline
    load_balancers: LoadBalancers
    services: EcsServices
    deployments: Deployments
    events: EventBridge
    held: list[Mapping[str, Any]] | None = None
    """Events of pushes that wait to be delivered by hand; None delivers each at once."""
    told: Told = field(default_factory=Told)
    """Whose the values of the stack's secrets are."""
    served: Served | None = None
    """The application's database."""
    _arrived: threading.Condition = field(default_factory=threading.Condition)
    _started: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Executions that events of pushes started, by digest, in order."""
    _earlier: dict[str, int] = field(default_factory=dict[str, int])
    """How many of them were there before the last push of a digest."""
    load: Load = field(default_factory=Load)
    """How much is asked while a scenario goes on."""
    release_timeout: float | None = None
    """Real seconds a release may take before the rehearsal gives up on it; None for what the stack allows it."""

    @property
    def journal(self) -> Journal:
        """The timeline."""
        return self.cloud.journal

    def release_limit(self) -> float:
        """Real seconds to wait for a release: its migration must not be cut off by a limit of ours."""
        if self.release_timeout is not None:
            return self.release_timeout
        return self.settings.migration.timeout_minutes * 60 + AROUND_A_MIGRATION

    def doubts(self) -> list[str]:
        """What may be this rehearsal's own doing when a release fails; no value is in it."""
        made_up = ", ".join(self.told.made_up)
        lines = (
            [f"these values are random text, give real ones with --secrets FILE: {made_up}"]
            if made_up
            else []
        )
        return lines + list(self.served.remarks() if self.served else ())

    def first_execution(self) -> Execution:
        """The execution that CodePipeline starts by itself when a pipeline is created (API codepipeline.TriggerType)."""
        return self.pipeline.wait(self.pipeline.start(self.pipeline_name, trigger="CreatePipeline"), 30)

    def pusher(self) -> Credentials:
        """Who pushes: the declared push role in the hands of its first workflow, or the administrator when nobody is listed."""
        pushers = self.settings.image.pushers
        if not pushers:
            return ADMINISTRATOR
        role = self.cloud.one(ROLE, name=f"{self.pipeline_name}-push")
        claims = {"aud": self.cloud.place.token_audiences[0], "sub": subjects(**pushers[0].model_dump())[0]}
        trust = json.loads(role.inputs["assumeRolePolicy"])
        provider = trust["Statement"][0]["Principal"]["Federated"]
        return self.cloud.authority.assume_with_web_identity(role.arn, provider, claims)

    def push(self, version: Version | LocalImage) -> str:
        """Push a version of the application under a tag of its own and under the stack's tag; its digest.

        ApplicationError when the tag is on that very image already: ECR has nothing to tell of such a push.
        """
        image, tag = self.settings.image, self.settings.source.push.tag
        before = self._tagged()
        with self._arrived:  # executions that are there before this push are other pushes'
            earlier = {one: len(ids) for one, ids in self._started.items()}
        tags = [f"{_as_tag(version.name)}-{secrets.token_hex(4)}", tag]
        if isinstance(version, LocalImage):
            digest = self.level.push_image(version.image, image.repository, tags, self.pusher())
        else:
            digest = self.level.push(version.folder, version.overlays, image.repository, tags, self.pusher())
        if digest == before:
            raise ApplicationError(
                f"{version.name} is the image {short(digest)}",
                f"the tag {tag} is on it already, so ECR sends no event and no release starts",
                "push an image that differs, or start a release of this digest by hand (docs/operations.md)",
            )
        self.cloud.versions.setdefault(digest, version.name)
        self._earlier[digest] = earlier.get(digest, 0)
        return digest

    def _tagged(self) -> str | None:
        """The digest that the stack's tag is on; None when it is on none."""
        image, tag = self.settings.image, self.settings.source.push.tag
        wanted = [{"imageTag": tag}]
        ecr = self.cloud.client("ecr")
        try:
            found = ecr.describe_images(repositoryName=image.repository, imageIds=wanted)["imageDetails"]
        except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
            return None
        return str(found[0]["imageDigest"])

    @property
    def pipeline_name(self) -> str:
        """Name of the declared pipeline."""
        return str(self.cloud.one(PIPELINE).outputs["name"])

    def pushed(self, push: Push) -> None:
        """What ECR does after an image has arrived under a tag: it sends an event."""
        self.journal.record(
            "ECR", f"{push.repository}:{push.tag} is now {short(push.digest)}", digest=push.digest
        )
        event = push_event(push)
        if self.held is not None:
            self.held.append(event)
            return
        self.deliver(event)

    def deliver(self, event: Mapping[str, Any]) -> list[str]:
        """Hand an event to EventBridge; ids of the executions it started."""
        started = self.events.put(event)
        with self._arrived:
            self._started.setdefault(str(event["detail"]["image-digest"]), []).extend(started)
            self._arrived.notify_all()
        return started

    def release_of(self, digest: str, timeout: float = 120.0) -> Execution:
        """The execution that the last push of this digest started, once it has ended.

        Raises TimeoutError when the push starts nothing, or its release goes on for more than `timeout` real seconds.
        """
        with self._arrived:
            earlier = self._earlier.get(digest, 0)
            if not self._arrived.wait_for(lambda: len(self._started.get(digest, ())) > earlier, timeout):
                raise TimeoutError(f"the push of {short(digest)} started nothing within {timeout:.0f} s")
            started = self._started[digest][earlier]
        return self.pipeline.wait(started, timeout)

    def steady(self, timeout: float) -> list[str]:
        """Wait until every service's tasks are healthy; who answers then. NotSteady says which are not."""
        deadline = time.monotonic() + timeout
        for declared in self.cloud.declared(SERVICE):
            self._service(declared).primary.wait_steady(max(0.0, deadline - time.monotonic()))
        return [str(one) for one in self.answering()]

    def routes(self, paths: Sequence[str] = ()) -> list[Route]:
        """What to ask every service that has tasks for: these paths, or its own health path."""
        asked: list[Route] = []
        for name, service in self.settings.services.items():
            check = service.health_check
            own = HealthCheck(path=check.path, matcher=check.status_codes)
            running = next(one for one in self.cloud.declared(SERVICE) if one.name == f"{name}-service")
            if self._service(running).primary.count:
                asked += [Route(name, self.url(name), path, own) for path in paths or (check.path,)]
        return asked

    def answering(self) -> list[Answering]:
        """Who answers each service's health path now."""
        log = self.load_balancers.access_log
        return [answering(route, log, self.cloud) for route in self.routes()]

    def traffic(self, paths: Sequence[str] = ()) -> Traffic:
        """Requests to be sent while something goes on, for these paths unless the load names others."""
        log = self.load_balancers.access_log
        return Traffic(self.cloud, log, self.routes(self.load.paths or paths), self.load.concurrency)

    def _service(self, declared: Declared) -> Service:
        cluster = str(declared.inputs.get("cluster") or "default").rpartition("/")[2]
        return self.services.service(cluster, str(declared.outputs["name"]))

    def url(self, service: str) -> str:
        """Where a service's production listener answers."""
        return self.load_balancers.url(self.listener(service).arn)

    def listener(self, service: str) -> Declared:
        """The production listener of a service."""
        return next(one for one in self.cloud.declared(LISTENER) if one.name == f"{service}-listener")


def _as_tag(name: str) -> str:
    """A name as a part of an image tag, which takes letters, digits, `_`, `.` and `-`."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip(".-")[:100] or "image"


def short(digest: str) -> str:
    """A digest as people say it."""
    return digest.removeprefix("sha256:")[:12]


@contextmanager
def rehearsing(  # noqa: PLR0913  (one keyword for each thing a caller may choose)
    stack: str,
    *,
    level: type[Level],
    journal: Journal | None = None,
    stack_file: Path | None = None,
    declare_instead: Callable[[Cloud], None] | None = None,
    outside: Outside | None = None,
    interruption: Interruption | None = None,
    clock: Clock | None = None,
) -> Generator[Rehearsal]:
    """Start everything a stack needs, evaluate its program, and stop everything at the end.

    `stack_file` is the stack's YAML where it is not this project's own; `declare_instead` makes the resources in the program's place, for example from an exported state; `outside` answers for the world around the stack; `clock` says how fast AWS's waits pass. A signal that `interruption` has heard of ends the starting where nothing is left behind. Raises RehearsalError for what the machine lacks, SettingsError and pulumi.RunError for the stack's own faults.
    """
    require()
    interruption = interruption or Interruption()
    journal = journal or Journal()
    config = config_of(stack_file) if stack_file else stack_config(stack)
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
        authority = Authority()
        place = place_of(config)
        pushes: Future[Rehearsal] = Future()
        gateway = Gateway(
            authority, lambda push: pushes.result().pushed(push), place=place, log=folder / "emulator.log"
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
        )
        ends.callback(cloud.close)
        if not settings.image.create_repository:
            _make_existing_repository(cloud, settings.image.repository, outside.repository)
        with _not_collecting():
            if declare_instead is None:
                declare(cloud, stack, config, interruption)
            else:
                declare_instead(cloud)
        whose = f"; account {moved} is {ACCOUNT} here" if moved else ""
        journal.record("Pulumi", f"{cloud.count()} resources of stack {stack} declared{whose}")
        with interruption.at_once():
            served = database.result()
        journal.record("Database", f"{served.product} serves the application's database")
        told = _secrets(cloud, settings, level.reached(served.address), given)
        made = level(cloud, processes, ARCHITECTURES[settings.architecture], served.address)
        rehearsal = ends.enter_context(
            _services(
                stack,
                settings,
                cloud,
                ends.enter_context(made),
                processes,
                outside,
            )
        )
        rehearsal.told, rehearsal.served = told, served
        pushes.set_result(rehearsal)
        interruption.heed()
        yield rehearsal


def _make_existing_repository(cloud: Cloud, name: str, rule: TagRule) -> None:
    """The repository that a stack uses and does not make, with the mutability it is said to have."""
    excluded = [{"filterType": "WILDCARD", "filter": one} for one in rule.filters]
    cloud.client("ecr").create_repository(
        repositoryName=name,
        imageTagMutability=rule.mutability,
        **({"imageTagMutabilityExclusionFilters": excluded} if excluded else {}),
    )
    cloud.journal.record("ECR", f"repository {name} is there already, {rule.mutability}")


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


@contextmanager
def _services(  # noqa: PLR0913, PLR0917  (one argument for each thing the services stand on)
    stack: str, settings: Settings, cloud: Cloud, level: Level, processes: Processes, outside: Outside
) -> Generator[Rehearsal]:
    """AWS's services on the declared resources, and the declared ECS services started on their first revision."""
    with ExitStack() as ends:
        load_balancers = ends.enter_context(LoadBalancers(cloud))
        services = ends.enter_context(EcsServices(cloud, level.runtime, load_balancers))
        deployments = Deployments(cloud, services, load_balancers, hooks=outside.hooks)
        ends.callback(deployments.stop)
        builds = CodeBuild(
            cloud,
            processes,
            docker=level.docker,
            environment=level.build_environment,
            limit=outside.build_limit,
        )
        providers = {
            "ECR": EcrSource(cloud),
            "CodeBuild": CodeBuildAction(builds),
            "CodeDeployToECS": CodeDeployToECS(cloud, deployments),
            "Manual": ManualApproval(cloud, outside.approver()),
        }
        news = ends.enter_context(ThreadPoolExecutor(1, thread_name_prefix="events"))
        pipeline = ends.enter_context(
            CodePipeline(
                cloud, providers, now=outside.now(settings), send=lambda event: _send(news, events, event)
            )
        )
        events = EventBridge(cloud, CodePipelineApi(pipeline).start_pipeline_execution, Topics(cloud))
        for declared in cloud.declared(SERVICE):
            cloud.versions[services.create_service(declared).primary.image] = BOOTSTRAP
        yield Rehearsal(
            stack, settings, cloud, level, pipeline, load_balancers, services, deployments, events
        )


def _send(news: ThreadPoolExecutor, events: EventBridge, event: Mapping[str, Any]) -> None:
    """Hand a service's event on without waiting; whoever sends one holds locks that its delivery may need."""

    def deliver() -> None:
        try:
            events.put(event)
        except RehearsalError as error:
            events.cloud.journal.record("EventBridge", str(error))

    with suppress(RuntimeError):  # the rehearsal ends, and nobody listens any more
        news.submit(deliver)

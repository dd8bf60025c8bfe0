"""The application's users: what they reach through the load balancers, who answers them, and what they would notice."""

import time
from collections.abc import Sequence

from documents.descriptor import from_json
from documents.listener_rules import Conditions, Example, example
from documents.names import Names
from rehearsal.ecs.running_service import Service
from rehearsal.ecs.service import SERVICE, EcsServices
from rehearsal.elb.condition import Request, meets
from rehearsal.elb.health_check import HealthCheck
from rehearsal.elb.service import LoadBalancers
from rehearsal.emulated.ssm import PARAMETER
from rehearsal.running.traffic import Load, Route, Traffic, answering
from rehearsal.running.verdict import Answering, Serving, Working
from rehearsal.world.cloud import Cloud, Declared
from settings import Settings


class Users:
    """Those who ask the stack's services."""

    def __init__(
        self,
        settings: Settings,
        names: Names,
        cloud: Cloud,
        load_balancers: LoadBalancers,
        services: EcsServices,
    ) -> None:
        """Ask through `load_balancers`; `services` say which have tasks at all."""
        self._settings = settings
        self._names = names
        self._cloud = cloud
        self._load_balancers = load_balancers
        self._services = services
        self.load = Load()
        """How much is asked while a scenario goes on."""

    def steady(self, timeout: float) -> list[str]:
        """Wait until every service's tasks are healthy; who serves then. NotSteady says which are not."""
        deadline = time.monotonic() + timeout
        for declared in self._cloud.declared(SERVICE):
            self._services.wait_steady(self._service(declared), max(0.0, deadline - time.monotonic()))
        return [str(one) for one in self.now()]

    def routes(self, paths: Sequence[str] = ()) -> list[Route]:
        """What to ask every service that has tasks for: those of these paths, or its own health path, that its rule takes.

        Where it takes none of them, the beginning of the rule's own path is asked for.
        """
        asked: list[Route] = []
        for name, service in self._settings.services.items():
            if not service.takes_traffic:
                continue
            check = service.health_check
            own = HealthCheck(path=check.path, matcher=check.status_codes)
            if not self._named(name).desired_count:
                continue
            sent, url = self.example(name), self.url(name)
            taken = [path for path in paths or (check.path,) if self._takes(name, sent, path)]
            asked += [Route(name, url, path, own, sent, guessed=not taken) for path in taken or (sent.path,)]
        return asked

    def answering(self) -> list[Answering]:
        """Who answers each service's health path now."""
        log = self._load_balancers.access_log
        return [answering(route, log, self._cloud) for route in self.routes()]

    def now(self) -> list[Serving]:
        """Who answers each service's health path now, and what runs as each worker."""
        return [*self.answering(), *self._working()]

    def _working(self) -> list[Working]:
        found: list[Working] = []
        for name, given in self._settings.services.items():
            if not given.takes_traffic:
                tasks = self._named(name).primary
                digest = tasks.image.rpartition("@")[2] if "@" in tasks.image else ""
                found.append(Working(name, self._cloud.version_of(tasks.image), digest, tasks.well))
        return found

    def traffic(self, paths: Sequence[str] = ()) -> Traffic:
        """Requests to be sent while something goes on, for these paths unless the load names others."""
        log = self._load_balancers.access_log
        return Traffic(self._cloud, log, self.routes(self.load.paths or paths), self.load.concurrency)

    def _service(self, declared: Declared) -> Service:
        cluster = str(declared.inputs.get("cluster") or "default").rpartition("/")[2]
        return self._services.service(cluster, str(declared.outputs["name"]))

    def _named(self, service: str) -> Service:
        """The ECS service of one in the settings."""
        called = self._settings.services[service].called(self._names.service(service))
        return self._service(self._cloud.one(SERVICE, name=called))

    def url(self, service: str) -> str:
        """Where a service's production listener answers."""
        return self._load_balancers.url(self.listener_arn(service))

    def example(self, service: str) -> Example:
        """What a request has besides its path so that the service's production rule takes it."""
        conditions = self._conditions(service)
        return example(conditions) if conditions else Example()

    def _takes(self, service: str, sent: Example, path: str) -> bool:
        """Whether the production rule brings such a request for this path to the service."""
        conditions = self._conditions(service)
        target = f"{path}?{sent.query}" if sent.query else path
        request = Request(sent.method, sent.host, target, sent.headers, sent.source or "127.0.0.1")
        return conditions is None or meets(request, conditions)

    def _conditions(self, service: str) -> Conditions | None:
        balancer = self._settings.services[service].load_balancer
        rules = balancer.production_rules if balancer else ()
        return rules[0].conditions if rules else None

    def listener_arn(self, service: str) -> str:
        """The production listener of a service, as the stack says of itself; LookupError for a worker."""
        parameter = self._cloud.one(PARAMETER, name=self._names.descriptor)
        listener = from_json(str(parameter.inputs["value"])).services[service].listener_arn
        if listener is None:
            raise LookupError(f"service {service} is a worker, which answers nowhere")
        return listener

"""AWS's services in a rehearsal: each made once, on what is declared, and reachable at the endpoint."""

from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from documents.names import Names
from rehearsal.cloudwatch.alarms import Alarms
from rehearsal.codebuild.service import CodeBuild
from rehearsal.codedeploy.service import Deployments
from rehearsal.codepipeline.actions.codebuild import CodeBuildAction
from rehearsal.codepipeline.actions.codedeploy_to_ecs import CodeDeployToECS
from rehearsal.codepipeline.actions.ecr_source import EcrSource
from rehearsal.codepipeline.actions.lambda_invoke import LambdaInvoke
from rehearsal.codepipeline.actions.manual_approval import ManualApproval
from rehearsal.codepipeline.jobs import Jobs
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.ecs.service import SERVICE, EcsServices
from rehearsal.elb.service import LoadBalancers
from rehearsal.errors import RehearsalError
from rehearsal.eventbridge.service import EventBridge
from rehearsal.gateway.gateway import Gateway
from rehearsal.host.processes import Processes
from rehearsal.lambda_.service import Functions
from rehearsal.levels.process.level import Level
from rehearsal.running.apis import (
    alarm_api,
    build_api,
    container_api,
    deployment_api,
    event_apis,
    identity_api,
    load_balancer_api,
    pipeline_apis,
    started_by_rules,
    told_by_alarms,
)
from rehearsal.running.application_team import ApplicationTeam
from rehearsal.running.outside import Outside
from rehearsal.running.pushes import Pushes
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.users import Users
from rehearsal.sns.service import Topics
from rehearsal.world.cloud import BOOTSTRAP, Cloud
from settings import Settings


@contextmanager
def services(  # noqa: PLR0913, PLR0917  (one argument for each thing the services stand on)
    stack: str,
    settings: Settings,
    cloud: Cloud,
    gateway: Gateway,
    level: Level,
    processes: Processes,
    outside: Outside,
) -> Generator[Rehearsal]:
    """AWS's services on the declared resources, and the declared ECS services started on their first revision."""
    with ExitStack() as ends:
        load_balancers = ends.enter_context(LoadBalancers(cloud))
        topics = Topics(cloud)
        alarms = Alarms(cloud, load_balancers, told_by_alarms(topics))
        functions, jobs = Functions(cloud, processes), Jobs()
        ends.callback(functions.stop)
        news = ends.enter_context(ThreadPoolExecutor(1, thread_name_prefix="events"))
        running = ends.enter_context(
            EcsServices(
                cloud, level.runtime, load_balancers, alarms, functions,
                send=lambda event: _send(news, events, event), ask=outside.continuer(),
            )
        )  # fmt: skip
        deployments = Deployments(cloud, running, load_balancers, alarms, hooks=outside.hooks)
        ends.callback(deployments.stop)
        builds = CodeBuild(
            cloud,
            processes,
            docker=level.docker,
            environment=level.build_environment,
            limit=outside.build_limit,
        )
        functions.prepare()
        providers = {
            "ECR": EcrSource(cloud),
            "CodeBuild": CodeBuildAction(builds),
            "CodeDeployToECS": CodeDeployToECS(cloud, deployments),
            "Lambda": LambdaInvoke(cloud, functions, jobs),
            "Manual": ManualApproval(cloud, outside.approver()),
        }
        pipeline = ends.enter_context(
            CodePipeline(
                cloud, providers, now=outside.now(settings), send=lambda event: _send(news, events, event)
            )
        )
        answering = {
            **pipeline_apis(cloud, pipeline, jobs, functions),
            **build_api(cloud.place, builds),
            **load_balancer_api(cloud, load_balancers),
            **deployment_api(cloud, deployments),
            **alarm_api(cloud, alarms),
            **container_api(cloud, running),
            **identity_api(cloud),
        }
        events = EventBridge(cloud, started_by_rules(answering["codepipeline"]), topics)
        gateway.answer_by({**answering, **event_apis(cloud.place, events, topics)})
        for declared in cloud.declared(SERVICE):
            cloud.versions[running.create_service(declared).primary.image] = BOOTSTRAP
        pushes, names = Pushes(events, pipeline), Names(settings.application, stack)
        yield Rehearsal(
            stack=stack,
            settings=settings,
            cloud=cloud,
            level=level,
            pipeline=pipeline,
            load_balancers=load_balancers,
            services=running,
            deployments=deployments,
            pushes=pushes,
            team=ApplicationTeam(settings, names, cloud, level, pushes),
            users=Users(settings, names, cloud, load_balancers, running),
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

"""A rehearsal that runs: its parts, each with a job of its own."""

from dataclasses import dataclass, field

from rehearsal.codedeploy.service import Deployments
from rehearsal.codepipeline.declared import PIPELINE_TYPE
from rehearsal.codepipeline.execution import Execution
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.ecs.service import EcsServices
from rehearsal.elb.service import LoadBalancers
from rehearsal.evaluation.secret_values import Told
from rehearsal.host.databases import Served
from rehearsal.levels.process.level import Level
from rehearsal.running.application_team import ApplicationTeam
from rehearsal.running.pushes import Pushes
from rehearsal.running.users import Users
from rehearsal.world.cloud import Cloud
from rehearsal.world.journal import Journal
from settings import Settings

AROUND_A_MIGRATION = 300.0
"""Real seconds a release may take besides its migration before the rehearsal gives up on it."""


@dataclass(kw_only=True)
class Rehearsal:
    """One stack in its local cloud, running."""

    stack: str
    settings: Settings
    cloud: Cloud
    level: Level
    pipeline: CodePipeline
    load_balancers: LoadBalancers
    services: EcsServices
    deployments: Deployments
    pushes: Pushes
    team: ApplicationTeam
    users: Users
    told: Told = field(default_factory=Told)
    """Whose the values of the stack's secrets are."""
    served: Served | None = None
    """The application's database."""
    release_timeout: float | None = None
    """Real seconds a release may take before the rehearsal gives up on it; None for what the stack allows it."""

    @property
    def journal(self) -> Journal:
        """The timeline."""
        return self.cloud.journal

    @property
    def pipeline_name(self) -> str:
        """Name of the declared pipeline."""
        return str(self.cloud.one(PIPELINE_TYPE).outputs["name"])

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
        return lines + list(self.told.left) + list(self.served.remarks() if self.served else ())

    def first_execution(self) -> Execution:
        """The execution that CodePipeline starts by itself when a pipeline is created (API codepipeline.TriggerType)."""
        return self.pipeline.wait(self.pipeline.start(self.pipeline_name, trigger="CreatePipeline"), 30)

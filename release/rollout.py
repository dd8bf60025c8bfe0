"""The step `rollout`: deploys one service whose traffic ECS itself moves, and says how it went.

Every call looks once and answers; CodePipeline calls again (CodePipeline User Guide, action-reference-Lambda, continuation
tokens). A call may come twice or be lost, so each finds out what the calls before it have done.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from documents.descriptor import ServiceDescriptor
from release import last_words, service_deployments
from release.aws import code_of, is_passing
from release.findings import Refusal, RefusedError
from release.job import RolloutOrder
from release.log import log
from release.outcome import Done, Later, Outcome, Refused
from release.revisions import Revisions
from release.service_deployments import GOING_ON, Deployment, Seen
from release.subject import Subject
from release.telling import monitors, reason, short, state

LONGEST_WAIT = 15 * 60
"""Seconds that a deployment of something else, and a way back, are waited for."""

AGAIN = "retry the stage: a deployment of this release that is under way is gone on with, and one that is through is left alone"
"""What helps when a call did not come to its end."""


@dataclass(frozen=True)
class Progress:
    """What one call tells the next."""

    since: float
    """When the first call came, in seconds of the epoch."""
    revision: str = ""
    """ARN of the task definition that ECS was asked to deploy; empty before."""
    before: str = ""
    """ARN of an earlier deployment of the same revision, which this one is not."""
    stopped: bool = False
    """Whether its time was over, and ECS was asked to move back."""

    @classmethod
    def of(cls, token: str) -> "Progress":
        """What a token says; a beginning without one of ours."""
        try:
            return cls(**json.loads(token))
        except (ValueError, TypeError):
            return cls(time.time())

    def later(self, summary: str) -> Later:
        """To be called again."""
        return Later(json.dumps(asdict(self)), summary)

    def seconds(self) -> float:
        """How long it has taken until now."""
        return time.time() - self.since


def run(subject: Subject, order: RolloutOrder, token: str) -> Outcome:
    """Bring the deployment one step further, or say how it ended."""
    progress = Progress.of(token)
    try:
        return _Rollout(subject, order, progress).next()
    except (ClientError, BotoCoreError, OSError) as error:
        # The deployment goes on whether it is watched or not: one lost answer must not fail the action.
        if not is_passing(error) or progress.seconds() > _seconds(order) + 2 * LONGEST_WAIT:
            raise
        log(passing=type(error).__name__)
        return progress.later("AWS did not answer, and is asked again")


def late(token: str) -> Later:
    """What is answered when one call took too long."""
    return Progress.of(token).later("AWS answered too slowly, and is asked again")


def _seconds(order: RolloutOrder) -> float:
    return float(order.minutes) * 60


class _Rollout:
    def __init__(self, subject: Subject, order: RolloutOrder, progress: Progress) -> None:
        self._subject = subject
        self._order = order
        self._progress = progress
        self._service = _service(subject, order)

    def next(self) -> Outcome:
        seen = service_deployments.seen(self._subject.aws, self._service)
        if not self._progress.revision:
            return self._begin(seen)
        mine = self._twin(seen, self._mine(seen, self._progress.revision))
        if mine is not None:
            return self._judge(seen, mine)
        if self._progress.seconds() > _seconds(self._order):
            return self._refused(
                f"service {self._service.service}",
                f"ECS lists no deployment of {short(self._progress.revision)} after {self._order.minutes} minutes",
                AGAIN,
            )
        return self._progress.later(f"waiting for the deployment of {short(self._progress.revision)}")

    def _begin(self, seen: Seen) -> Outcome:
        """Ask for the deployment, unless an earlier call of this release has."""
        revisions = Revisions(self._subject, self._order, self._service)
        revision = revisions.found(seen.definition, *(one.definition for one in seen.deployments[:1]))
        mine = self._mine(seen, revision) if revision else None
        newest = seen.newest
        if mine is not None and (mine.ongoing or (mine == newest and mine.status == "SUCCESSFUL")):
            self._progress = replace(self._progress, revision=revision)
            return self._judge(seen, mine)
        if newest is not None and newest.ongoing and (other := self._wait_for(newest)) is not None:
            return other
        if revision and mine is None and seen.definition == revision:
            self._progress = replace(self._progress, revision=revision)
            return self._progress.later(f"waiting for the deployment of {short(revision)}")
        revision = revision or revisions.registered()
        # What ECS did not move back from is the service's definition still, and asking for it again would change nothing.
        again = {"forceNewDeployment": True} if seen.definition == revision else {}
        self._subject.aws.client("ecs").update_service(
            cluster=self._service.cluster, service=self._service.service, taskDefinition=revision, **again
        )
        log(deploying=revision, service=self._service.service)
        self._progress = Progress(time.time(), revision, mine.arn if mine else "")
        return self._progress.later(f"ECS deploys {short(revision)}")

    def _mine(self, seen: Seen, revision: str) -> Deployment | None:
        """The newest deployment of a revision."""
        found = (one for one in seen.deployments if one.definition == revision)
        return next((one for one in found if one.arn != self._progress.before), None)

    def _twin(self, seen: Seen, mine: Deployment | None) -> Deployment | None:
        """The deployment of a call that came at the same moment, and has stopped the one that is known of here."""
        newest = seen.newest
        if mine is None or newest is None or mine.status != "STOPPED" or newest.definition == mine.definition:
            return mine
        revisions = Revisions(self._subject, self._order, self._service)
        if revisions.found(newest.definition) != newest.definition:
            return mine
        self._progress = replace(self._progress, revision=newest.definition, before="")
        return newest

    def _wait_for(self, other: Deployment) -> Outcome | None:
        """Another deployment would be stopped by ours (Amazon ECS Developer Guide, service-deployment, STOP_REQUESTED).

        None for one that has had its time and nothing to go back to: what a service is made with may never be steady.
        """
        if self._progress.seconds() <= LONGEST_WAIT:
            return self._progress.later(
                f"waiting for deployment {other.name}, which is {other.status}, to end"
            )
        if service_deployments.is_first(self._subject.aws, other):
            return None
        return self._refused(
            f"deployment {other.name}",
            f"it has been {other.status} for a quarter of an hour, and this release would stop it",
            f"let it end, or end it (aws ecs stop-service-deployment --service-deployment-arn {other.arn}), then retry the "
            f"stage; {self._service.service} was not touched",
        )

    def _judge(self, seen: Seen, mine: Deployment) -> Outcome:
        detail = service_deployments.described(self._subject.aws, mine)
        log(deployment=mine.name, status=mine.status, stage=detail.get("lifecycleStage"))
        if mine.status in GOING_ON:
            return self._going_on(seen, mine, detail)
        if mine.ongoing:
            if self._progress.seconds() > _seconds(self._order) + LONGEST_WAIT:
                return self._failed(seen, mine, detail)
            return self._progress.later(f"deployment {mine.name} goes back: {reason(mine, detail)}")
        if mine.status == "SUCCESSFUL":
            return self._succeeded(seen, mine)
        return self._failed(seen, mine, detail)

    def _going_on(self, seen: Seen, mine: Deployment, detail: Mapping[str, Any]) -> Outcome:
        if self._progress.seconds() <= _seconds(self._order):
            return self._progress.later(state(mine, detail))
        if not self._progress.stopped:
            self._stop(mine)
            self._progress = replace(self._progress, stopped=True)
        elif self._progress.seconds() > _seconds(self._order) + LONGEST_WAIT:
            return self._failed(seen, mine, detail)
        return self._progress.later(
            f"deployment {mine.name} was not through after {self._order.minutes} minutes and is moved back"
        )

    def _stop(self, mine: Deployment) -> None:
        """Move back: left alone it could go live long after the release has failed."""
        try:
            self._subject.aws.client("ecs").stop_service_deployment(
                serviceDeploymentArn=mine.arn, stopType="ROLLBACK"
            )
        except ClientError as error:
            if code_of(error) != "ConflictException":  # it has just ended
                raise

    def _succeeded(self, seen: Seen, mine: Deployment) -> Outcome:
        """New is live: ECS says so, and nothing came after it. Old is gone: no task of another revision is left."""
        newest, patient = seen.newest, self._progress.seconds() <= _seconds(self._order) + LONGEST_WAIT
        if seen.primary != mine.definition and newest == mine and patient:
            return self._progress.later(
                f"deployment {mine.name} is SUCCESSFUL, and its service not yet told so"
            )
        if seen.primary != mine.definition:
            return self._refused(
                f"deployment {mine.name}",
                f"it was SUCCESSFUL, and {short(seen.primary)} was deployed after it by {newest.name if newest else 'somebody'}",
                "find out who deployed that, then start the release again",
            )
        left = service_deployments.others(self._subject.aws, self._service, mine.definition)
        live = f"{short(mine.definition)} is live in {self._service.service} with {seen.running} tasks"
        if not left:
            return Done(f"{live}, and none of another revision is left")
        if patient:
            return self._progress.later(f"{live}; {len(left)} of another revision are still stopping")
        return self._refused(
            f"service {self._service.service}",
            f"{live}, and {len(left)} of another revision have not stopped: {', '.join(left[:3])}",
            "stop them (aws ecs stop-task), then retry the stage",
        )

    def _failed(self, seen: Seen, mine: Deployment, detail: Mapping[str, Any]) -> Outcome:
        newest = seen.newest
        why = [f"it is {mine.status}: {reason(mine, detail)}"]
        if self._progress.stopped:
            why = [f"it was not through after {self._order.minutes} minutes, and is {mine.status}"]
        if newest is not None and newest.arn != mine.arn and newest.definition != mine.definition:
            why.append(f"deployment {newest.name} came after it")
        why += [one for one in (monitors(detail), self._last_words(mine)) if one]
        return self._refused(
            f"deployment {mine.name} of {short(mine.definition)}",
            "; ".join(why),
            f"{short(seen.primary)} is what the service has now; push a fix, or retry the stage to deploy the same again",
        )

    def _last_words(self, mine: Deployment) -> str:
        """Whatever can be told besides must not hide that the release failed."""
        try:
            return last_words.said(self._subject.aws, self._service, mine.definition)
        except (ClientError, BotoCoreError, OSError) as error:
            log(last_words=type(error).__name__)
            return ""

    def _refused(self, value: str, rule: str, remedy: str) -> Refused:
        return Refused((Refusal(value, rule, remedy),))


def _service(subject: Subject, order: RolloutOrder) -> ServiceDescriptor[str]:
    found = subject.stack.services.get(order.service)
    if found is None:
        raise RefusedError(
            f"service {order.service}",
            f"the stack has {', '.join(sorted(subject.stack.services)) or 'none'}",
            "run pulumi up, which brings stack and pipeline to one version, then start the release again",
            "ConfigurationError",
        )
    return found

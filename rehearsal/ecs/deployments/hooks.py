"""Lifecycle hooks of a service deployment: all of a stage at once, pauses and Lambda functions.

AWS documents: AmazonECS/latest/developerguide, deployment-lifecycle-hooks (what a function is told and may answer),
pause-lifecycle-hooks, troubleshooting-blue-green ("Lifecycle hook issues", whose words these are), blue-green-permissions.
"""

import json
import threading
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rehearsal.ecs.deployments.configuration import Hook, Stage
from rehearsal.ecs.deployments.deployment import HookStatus, RunHook, now
from rehearsal.ecs.deployments.infrastructure_role import SERVICE
from rehearsal.ecs.deployments.play import Play
from rehearsal.ecs.deployments.watch import Failing
from rehearsal.errors import RehearsalError
from rehearsal.identity.authority import AccessDenied
from rehearsal.lambda_.declared import FUNCTION
from rehearsal.lambda_.service import InvokeRefused
from rehearsal.world.clock import LONGEST_WAIT
from rehearsal.world.cloud import Cloud

CALL_AGAIN = 30.0
"""Seconds until a function that is IN_PROGRESS is asked again, unless it says otherwise."""

Traffic = Mapping[str, Mapping[str, float]]
"""`productionTrafficWeights` and `testTrafficWeights`: percent by the ARN of a revision."""


class _HookFailed(Exception):
    """A hook failed; the text is ECS's own."""


def expect_played(cloud: Cloud, document: Mapping[str, Any]) -> None:
    """RehearsalError for hooks that are not played: functions that the program does not declare, or any in a rolling deployment."""
    hooks = document.get("lifecycleHooks") or ()
    if hooks and (document.get("strategy") or "ROLLING") == "ROLLING":
        raise RehearsalError(
            "lifecycle hooks of a rolling deployment",
            "the rehearsal plays hooks of blue/green, canary and linear deployments",
            "leave them out",
        )
    there = {one.arn for one in cloud.declared(FUNCTION)}
    for hook in hooks:
        function = str(hook.get("hookTargetArn") or "")
        if function and function not in there:
            raise RehearsalError(
                f"the lifecycle hook {function}",
                "the rehearsal runs functions that the program declares, and this is none of them",
                "declare the function, or rehearse without the hook",
            )


class Hooks:
    """Runs a deployment's hooks."""

    def __init__(self, play: Play) -> None:
        """Run nothing yet."""
        self._play = play
        self._ending = threading.Event()
        """Nobody waits for the answers any more."""

    def run(self, stage: Stage, traffic: Traffic | None = None) -> None:
        """Run every hook of a stage and wait for all; Failing when one fails, and what the watch raises meanwhile."""
        runs = [RunHook(hook, stage) for hook in self._play.configuration.at(stage)]
        failed: list[str] = []
        threads = [
            threading.Thread(target=self._run, args=(one, traffic or {}, failed), daemon=True) for one in runs
        ]
        self._play.deployment.hooks.extend(runs)
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads) and not failed:
                self._play.watch.look()
                self._play.watch.rest()
        except Exception:
            self._ending.set()
            raise
        if failed:
            self._ending.set()
            reason = f"Service deployment rolled back because {stage} lifecycle hook(s) failed. {failed[0]}"
            raise Failing(
                reason, rollout=f"ECS deployment failed: {stage} lifecycle hook(s) failed.", rolls_back=True
            )

    def again(self, stage: Stage, traffic: Traffic) -> None:
        """Run the functions of a stage once more on the way back, whose answers change nothing any more."""
        self._ending.clear()
        for hook in self._play.configuration.at(stage):
            failed: list[str] = []
            run = RunHook(hook, stage)
            self._play.deployment.hooks.append(run)
            self._run(run, traffic, failed)
            if failed:
                self._play.events.say(f"on the way back: {failed[0]}")

    def _run(self, run: RunHook, traffic: Traffic, failed: list[str]) -> None:
        try:
            if run.hook.function:
                self._invoke(run, traffic)
            else:
                self._pause(run)
        except _HookFailed as failure:
            if run.status is not HookStatus.TIMED_OUT:
                run.status = HookStatus.FAILED
            failed.append(str(failure))
        else:
            run.status = HookStatus.FAILED if self._ending.is_set() else HookStatus.SUCCEEDED

    def _pause(self, run: RunHook) -> None:
        play, hook = self._play, run.hook
        run.expires = now() + timedelta(seconds=hook.timeout)
        run.status = HookStatus.AWAITING_ACTION
        play.events.hook(play.deployment, run, "HOOK_AWAITING_ACTION")
        if play.parts.ask is not None:
            run.rolls_back = not play.parts.ask(
                f"Service {play.service.name} waits at {run.stage}. Continue?"
            )
            run.decided.set()
        self._wait(min(hook.timeout, LONGEST_WAIT), run.decided)
        if self._ending.is_set():
            return
        if not run.decided.is_set():
            play.events.hook(play.deployment, run, "HOOK_TIMED_OUT")
            run.status = HookStatus.TIMED_OUT
            if not hook.continues:
                raise _HookFailed(f"Pause hook {run.id} timed out.")
        elif run.rolls_back:
            play.events.hook(play.deployment, run, "HOOK_FAILED")
            raise _HookFailed(f"Pause hook {run.id} was rolled back by a user.")
        else:
            play.events.hook(play.deployment, run, "HOOK_SUCCEEDED")

    def _invoke(self, run: RunHook, traffic: Traffic) -> None:
        details = dict(run.hook.details)
        while not self._ending.is_set():
            answer = self._answer(run, traffic, details)
            status = answer.get("hookStatus")
            if status == "SUCCEEDED":
                return
            if status == "FAILED":
                raise _HookFailed(f"Lifecycle hook target {run.hook.function} returned FAILED status.")
            if status != "IN_PROGRESS":
                raise self._unparsed(run.hook, "HookStatus must not be null")
            details |= answer.get("hookDetails") or {}
            self._wait(float(answer.get("callBackDelay") or CALL_AGAIN), self._ending)

    def _answer(self, run: RunHook, traffic: Traffic, details: Mapping[str, Any]) -> Mapping[str, Any]:
        hook, parts = run.hook, self._play.parts
        try:
            parts.cloud.authority.assume(hook.role_arn, SERVICE)
        except AccessDenied as denied:
            raise _HookFailed(f"ECS was unable to assume role {hook.role_arn}") from denied
        try:
            parts.cloud.authority.authorize(hook.role_arn, "lambda:InvokeFunction", hook.function, {})
            assert parts.functions is not None  # noqa: S101  (whoever plays hooks has functions)
            invocation = parts.functions.invoke(
                parts.functions.function(hook.function),
                json.dumps(self._told(run, traffic, details)).encode(),
            )
        except (AccessDenied, InvokeRefused) as refused:
            raise _HookFailed(
                f"ECS was unable to invoke hook target {hook.function} due to {refused}"
            ) from refused
        if invocation.error is not None:
            raise self._unparsed(hook, "HookStatus must not be null")
        try:
            answer = json.loads(invocation.payload)
        except ValueError as wrong:
            raise self._unparsed(hook, str(wrong)) from wrong
        return answer if isinstance(answer, dict) else {}

    def _told(self, run: RunHook, traffic: Traffic, details: Mapping[str, Any]) -> dict[str, Any]:
        play = self._play
        told: dict[str, Any] = {
            "executionId": str(uuid.uuid4()),
            "lifecycleStage": str(run.stage),
            "resourceArn": play.deployment.arn,
            "executionDetails": {
                "serviceArn": play.service.arn,
                "targetServiceRevisionArn": play.target.arn,
                "testTrafficWeights": dict(traffic.get("testTrafficWeights") or {}),
                "productionTrafficWeights": dict(traffic.get("productionTrafficWeights") or {}),
            },
        }
        return {**told, "hookDetails": dict(details)} if details else told

    def _unparsed(self, hook: Hook, why: str) -> _HookFailed:
        return _HookFailed(f"ECS was unable to parse the response from {hook.function} due to {why}")

    def _wait(self, declared: float, until: threading.Event) -> None:
        """Wait declared seconds, or until an event, or until nobody waits any more."""
        clock = self._play.parts.cloud.clock
        end = clock.now() + declared
        while clock.now() < end and not until.is_set() and not self._ending.is_set():
            until.wait(0.02)

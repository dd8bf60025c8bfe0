"""A release of an application nobody here wrote: an image of this machine's Docker daemon, through the declared pipeline.

Its own migration command, port and health path are the stack's settings. Which image answers is told by the task
definition behind the production listener, since nothing is known of what the application says.
"""

import re
import secrets
from contextlib import ExitStack
from dataclasses import dataclass

from rehearsal.codepipeline.executions import FAILED, SUCCEEDED
from rehearsal.elb.targetgroups import HealthCheck
from rehearsal.rehearsal import SERVICE, Rehearsal, short
from rehearsal.scenarios import RELEASE_TIMEOUT, Play, Unexpected
from rehearsal.traffic import Stream, get


@dataclass(frozen=True)
class OwnImage:
    """The images to release, by their local names."""

    image: str
    previous: str | None = None
    """The image that answers before; the bootstrap image when left out."""

    def play(self, rehearsal: Rehearsal, play: Play) -> None:
        """Release `previous`, then `image` while requests for the health path go on."""
        if self.previous is not None:
            _released(rehearsal, play, self.previous)
        streams = _streams(rehearsal)
        with ExitStack() as ends:
            for stream in streams.values():
                ends.enter_context(stream)
            _released(rehearsal, play, self.image)
        with play.step("not one request for the health path failed while traffic moved") as seen:
            for service, stream in streams.items():
                if stream.failures:
                    failed = f"{len(stream.failures)} of {stream.sent} failed: {sorted(set(stream.failures))}"
                    raise Unexpected(f"{service}: {failed}")
                seen.append(f"{service}: {stream.sent} requests")


def _released(rehearsal: Rehearsal, play: Play, image: str) -> None:
    with play.step(f"push {image}") as seen:
        digest = _pushed(rehearsal, image)
        seen.append(f"digest {short(digest)}")
    with play.step(f"release {image}") as seen:
        execution = rehearsal.release_of(digest, RELEASE_TIMEOUT)
        if execution.status != SUCCEEDED:
            failed = [
                f"{one.action}: {one.error_message}" for one in execution.actions if one.status == FAILED
            ]
            raise Unexpected(f"the release is {execution.status} ({'; '.join(failed) or execution.summary})")
        took = [f"{one.action} {(one.ended or one.started) - one.started:.2f} s" for one in execution.actions]
        seen.append(", ".join(took))
    with play.step(f"{image} answers through the load balancer") as seen:
        seen += [_answering(rehearsal, service, digest) for service in rehearsal.settings.services]


def _pushed(rehearsal: Rehearsal, image: str) -> str:
    """Push the image under a tag of its own and under the stack's tag; its digest."""
    declared = rehearsal.settings.image
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", image).strip(".-")[:100]
    tags = [f"{readable}-{secrets.token_hex(4)}", declared.tag]
    return rehearsal.level.push_image(image, declared.repository, tags, rehearsal.pusher())


def _streams(rehearsal: Rehearsal) -> dict[str, Stream]:
    services = rehearsal.settings.services
    return {
        name: Stream(
            rehearsal.url(name),
            service.health_check.path,
            accepts=HealthCheck(matcher=service.health_check.status_codes).accepts,
        )
        for name, service in services.items()
    }


def _answering(rehearsal: Rehearsal, service: str, digest: str) -> str:
    """What answers the health path of a service; raises Unexpected when it is not this digest, or not well."""
    settings = rehearsal.settings.services[service]
    declared = next(one for one in rehearsal.cloud.declared(SERVICE) if one.name == f"{service}-service")
    running = rehearsal.services.service(settings.cluster, str(declared.outputs["name"])).primary
    images = {one["name"]: one["image"] for one in running.blueprint.definition["containerDefinitions"]}
    if not images[settings.container].endswith(f"@{digest}"):
        raise Unexpected(f"{service} runs {images[settings.container]}, not {short(digest)}")
    path = settings.health_check.path
    status, _ = get(rehearsal.url(service), path)
    if not HealthCheck(matcher=settings.health_check.status_codes).accepts(status):
        raise Unexpected(f"{service} answers {status} on {path}, not {settings.health_check.status_codes}")
    return f"{service}: {running.task_definition.rpartition('/')[2]} answers {status} on {path}"

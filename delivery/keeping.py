"""What a rehearsal that stays up says of itself: how a second terminal asks it, and what there is to try."""

from collections.abc import Iterator

from documents.listener_rules import Example
from documents.names import Names
from rehearsal.identity.authority import ADMINISTRATOR_KEY
from rehearsal.running.rehearsal import Rehearsal

PACE = 10.0
"""How many times faster than on AWS its waits pass where somebody is there to act: five minutes take thirty seconds."""


def told(rehearsal: Rehearsal) -> Iterator[str]:
    """Lines for the terminal: where services answer, exports to paste, commands to try."""
    for name, service in rehearsal.settings.services.items():
        if service.takes_traffic:
            yield f"{name}: {rehearsal.users.url(name)}{_asked(rehearsal.users.example(name))}"
    yield ""
    yield "Paste into another terminal, and the AWS CLI and every SDK there ask this cloud, as an administrator:"
    yield ""
    yield from exports(rehearsal.cloud.endpoint, rehearsal.cloud.place.region)
    yield ""
    yield "Then try, for example:"
    yield ""
    yield from examples(rehearsal)
    yield ""
    pace = 1 / rehearsal.cloud.clock.factor
    yield "What is pushed or started there is told here."
    yield f"AWS's own waits pass {pace:g} times faster than there (--pace), so that there is time to act in one."


def _asked(sent: Example) -> str:
    """What a request must have so that a service's rule takes it; nothing for a service that any request reaches."""
    parts = [f"Host: {sent.host}" if sent.host else "", *(f"{name}: {value}" for name, value in sent.headers)]
    told = [f"path {sent.path}" if sent.path != "/" else "", *(part and f"header {part}" for part in parts)]
    told += [
        f"query {sent.query}" if sent.query else "",
        f"method {sent.method}" if sent.method != "GET" else "",
    ]
    return f" ({', '.join(one for one in told if one)})" if any(told) else ""


def exports(endpoint: str, region: str) -> Iterator[str]:
    """Shell commands that point the AWS CLI and SDKs at the endpoint; each SDK reads one of the two Regions."""
    yield f"export AWS_ENDPOINT_URL={endpoint}"
    yield f"export AWS_ACCESS_KEY_ID={ADMINISTRATOR_KEY} AWS_SECRET_ACCESS_KEY={ADMINISTRATOR_KEY}"
    yield f"export AWS_DEFAULT_REGION={region} AWS_REGION={region}"
    yield "unset AWS_PROFILE AWS_SESSION_TOKEN"


def examples(rehearsal: Rehearsal) -> Iterator[str]:
    """Commands whose answers say something of this stack; the last ones push an image with a Docker of this machine."""
    settings = rehearsal.settings
    names = Names(settings.application, rehearsal.stack)
    yield f"aws codepipeline list-pipeline-executions --pipeline-name {names.pipeline} --max-items 3"
    yield f"aws codepipeline get-pipeline-state --name {names.pipeline}"
    yield f"aws codebuild list-builds-for-project --project-name {names.migration}"
    for name, service in settings.services.items():
        yield f"aws ecs describe-services --cluster {service.cluster} --services {service.called(names.service(name))}"
    yield f"aws logs tail {names.log_group('migrate')} --follow  # AWS CLI version 2, from 2.13 on"
    host = rehearsal.cloud.endpoint.partition("://")[2]
    image = f"{host}/{settings.image.repository}:{settings.source.push.tag}"
    yield f"aws ecr get-login-password | docker login --username AWS --password-stdin {host}"
    yield f"docker tag IMAGE {image} && docker push {image}  # starts a release"

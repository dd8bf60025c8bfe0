"""A rollback of CodeDeploy's that lasts for as long as a test wants: green's task does not stop before it is let go."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rehearsal.images.image import pack
from rehearsal.images.registry import Registry, ecr_token
from rehearsal.running.rehearsal import Rehearsal
from tests.rehearsal.stagehands import until, version

RELUCTANT = """
import http.server, os, pathlib, signal, sys, threading, time
def ended(*_):
    while not pathlib.Path({let_go!r}).exists():
        time.sleep(0.05)
    os._exit(0)
signal.signal(signal.SIGTERM, ended)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{{}}")
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
while True:
    time.sleep(0.05)
"""


@contextmanager
def rolling_back(rehearsal: Rehearsal, folder: Path) -> Generator[tuple[str, Callable[[], None]]]:
    """Somebody deploys by hand to service web and stops it with its rollback: that one's id, and what lets it end.

    The clock is held meanwhile, so that what waits for the rollback waits in real time.
    """
    let_go = folder / "let-go"
    codedeploy, group = rehearsal.cloud.client("codedeploy"), _group()

    def told(deployment: str) -> Any:
        return codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]

    with rehearsal.cloud.clock.held():
        revision = _revision(rehearsal, _reluctant(rehearsal, folder, let_go))
        deployment = codedeploy.create_deployment(**group, revision=revision)["deploymentId"]
        until(lambda: told(deployment).get("instanceTerminationWaitTimeStarted"), "green to have the traffic")
        codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
        until(
            lambda: told(deployment).get("rollbackInfo", {}).get("rollbackDeploymentId"),
            "the rollback to begin",
        )
        rollback = told(deployment)["rollbackInfo"]["rollbackDeploymentId"]

        def end() -> None:
            let_go.touch()
            until(lambda: told(rollback)["status"] == "Succeeded", "the rollback to end")

        try:
            yield rollback, end
        finally:
            let_go.touch()


def _group() -> dict[str, str]:
    return {"applicationName": "shop-stg-web", "deploymentGroupName": "shop-stg-web"}


def _reluctant(rehearsal: Rehearsal, folder: Path, let_go: Path) -> str:
    """An image whose program does not stop before a file is there; its digest."""
    made = version(folder, "reluctant", app_py=RELUCTANT.format(let_go=str(let_go)))
    ecr = rehearsal.cloud.client("ecr")
    registry = Registry(rehearsal.cloud.endpoint, lambda: ecr_token(ecr))
    image = pack(made.folder, overlays=made.overlays, architecture="amd64")
    return registry.push(image, rehearsal.settings.image.repository, ["reluctant"])


def _revision(rehearsal: Rehearsal, digest: str) -> dict[str, Any]:
    """The revision that was deployed last, with this image."""
    ecs, codedeploy = rehearsal.cloud.client("ecs"), rehearsal.cloud.client("codedeploy")
    latest = codedeploy.list_deployments(**_group())["deployments"][0]
    before = codedeploy.get_deployment(deploymentId=latest)["deploymentInfo"]["revision"]
    (service,) = ecs.describe_services(cluster="apps-stg", services=["shop-stg-web"])["services"]
    (primary,) = [one for one in service["taskSets"] if one["status"] == "PRIMARY"]
    running = primary["taskDefinition"]
    definition = ecs.describe_task_definition(taskDefinition=running)["taskDefinition"]
    taken = (
        "family",
        "networkMode",
        "cpu",
        "memory",
        "requiresCompatibilities",
        "executionRoleArn",
        "taskRoleArn",
    )
    (container, *others) = definition["containerDefinitions"]
    image = f"{container['image'].partition('@')[0]}@{digest}"
    registered = ecs.register_task_definition(
        **{name: definition[name] for name in taken},
        containerDefinitions=[{**container, "image": image}, *others],
    )["taskDefinition"]["taskDefinitionArn"]
    content = before["appSpecContent"]["content"].replace(running, registered)
    assert registered in content, content
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}

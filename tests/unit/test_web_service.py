"""WebService, its front included, and the templates its releases are made from."""

import json
from functools import partial
from typing import Any

import pytest
import yaml

from components.artifact_store import ArtifactStore, ArtifactStoreArgs
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.rollouts.codedeploy import BlueGreenDeployment, BlueGreenDeploymentArgs, ByCodeDeploy
from components.web_service import WebService, WebServiceArgs
from documents.shapes import check_input
from tests.unit.harness import PLACE, Config, Graph, deployed, remembered, stack

REPOSITORY = "arn:aws:ecr:us-east-1:123456789012:repository/shop"
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shared/0123456789abcdef"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
EXISTING = {"arn": BALANCER, "securityGroupId": "sg-0123456789abcdef0", "port": 8443}


def arguments(*, database: bool = True, release: dict[str, Any] | None = None, **more: Any) -> WebServiceArgs:
    """Args of the stg stack's service, with other settings."""

    def change(raw: Config) -> None:
        raw["services"]["web"].update(more)
        if not database:
            del raw["network"]["database"]
        raw["images"]["app"].pop("pushers", None)
        raw["release"] = {"protect": False, **(release or {})}

    given = stack(change)
    repository = ImageRepository("image", ImageRepositoryArgs(stack=given, tag="stg"))
    return WebServiceArgs(stack=given, key="web", repository=repository, mover=ByCodeDeploy(given, "web"))


@remembered
def _service(**more: Any) -> tuple[Graph, dict[str, str]]:
    """What is declared, and the two templates' text."""
    texts: dict[str, str] = {}

    def build() -> object:
        args = arguments(**more)
        made = WebService("web", args)
        store = ArtifactStore("artifacts", ArtifactStoreArgs(stack=args.stack))
        rollout = BlueGreenDeployment(
            "web-deployment",
            BlueGreenDeploymentArgs(stack=args.stack, key="web", web=made, artifacts=store),
        )
        for file, text in rollout.templates.items():
            text.apply(partial(texts.__setitem__, file.partition("-")[0]))
        return made

    return deployed(build), texts


def _policy(graph: Graph, name: str) -> list[dict[str, Any]]:
    return json.loads(graph.one("RolePolicy", name).inputs["policy"])["Statement"]


def test_a_new_load_balancer_takes_traffic_and_hands_it_to_blue() -> None:
    graph, _ = _service()
    balancer, listener = graph.one("LoadBalancer").inputs, graph.one("Listener").inputs
    assert balancer["loadBalancerType"] == "application"
    assert balancer["securityGroups"] == ["sg-web-balancer-group"]
    assert (listener["port"], listener["protocol"]) == (80, "HTTP")
    blue = graph.outputs(graph.one("TargetGroup", "web-1"))["arn"]
    assert listener["defaultActions"] == [{"type": "forward", "targetGroupArn": blue}]


def test_a_certificate_makes_it_https() -> None:
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/0000"
    public = ["subnet-00000001", "subnet-00000002"]
    graph, _ = _service(loadBalancer={"publicSubnetIds": public, "certificateArn": certificate})
    listener = graph.one("Listener").inputs
    assert (listener["port"], listener["protocol"], listener["certificateArn"]) == (443, "HTTPS", certificate)
    assert "TLS13" in listener["sslPolicy"]


def test_an_existing_load_balancer_gets_listeners_and_nothing_else() -> None:
    graph, _ = _service(loadBalancer=EXISTING)
    assert graph.all("LoadBalancer") == []
    assert [group.name for group in graph.all("SecurityGroup")] == ["web-group"]
    assert graph.one("Listener").inputs["loadBalancerArn"] == BALANCER
    [rule] = graph.one("SecurityGroup").inputs["ingress"]
    assert rule["securityGroups"] == ["sg-0123456789abcdef0"], "tasks take traffic from that group only"


def test_a_test_listener_has_a_port_of_its_own_on_the_same_load_balancer() -> None:
    graph, _ = _service(loadBalancer={**EXISTING, "testPort": 9443})
    production, test = graph.one("Listener", "web-listener"), graph.one("Listener", "web-test-listener")
    assert (production.inputs["port"], test.inputs["port"]) == (8443, 9443)
    assert production.inputs["loadBalancerArn"] == test.inputs["loadBalancerArn"]
    assert production.ignored == test.ignored == {"defaultActions"}, "CodeDeploy moves both (aws-cdk#36649)"


def test_the_two_target_groups_differ_in_name_only() -> None:
    graph, _ = _service()
    blue, green = (graph.one("TargetGroup", f"web-{number}").inputs for number in (1, 2))
    assert blue == green, "their roles swap with every deployment"
    assert blue["targetType"] == "ip", "awsvpc tasks are addresses"
    assert blue["deregistrationDelay"] == 30, "draining lasts as long as a task may take to stop, not 300 s"
    assert blue["protocol"] == "HTTP"
    assert blue["healthCheck"] == {
        "path": "/healthz",
        "port": "traffic-port",
        "protocol": "HTTP",
        "matcher": "200",
        "interval": 10,
        "timeout": 5,
        "healthyThreshold": 2,
        "unhealthyThreshold": 3,
    }


def test_a_health_check_has_a_port_of_its_own_where_one_is_given() -> None:
    graph, texts = _service(healthCheck={"port": 9000})
    for number in (1, 2):
        group = graph.one("TargetGroup", f"web-{number}").inputs
        assert (group["healthCheck"]["port"], group["healthCheck"]["protocol"]) == ("9000", "HTTP")
        assert group["port"] == 80, "the group itself is not replaced for it"
    [container] = json.loads(texts["taskdef"])["containerDefinitions"]
    assert [one["containerPort"] for one in container["portMappings"]] == [8080, 9000]
    [resource] = yaml.safe_load(texts["appspec"])["Resources"]
    assert resource["TargetService"]["Properties"]["LoadBalancerInfo"]["ContainerPort"] == 8080, (
        "traffic's own port"
    )
    [first] = json.loads(graph.one("TaskDefinition").inputs["containerDefinitions"])
    assert [one["containerPort"] for one in first["portMappings"]] == [8080, 9000]
    assert "9000:HTTP" in first["command"], "what waits for the first push is checked there too"
    [rule] = graph.one("SecurityGroup", "web-group").inputs["ingress"]
    assert rule["fromPort"] <= 9000 <= rule["toPort"], "the load balancer reaches the port of the check"


@pytest.mark.parametrize(
    ("given", "traffic", "check"),
    [
        ({"protocol": "HTTPS"}, "HTTPS", "HTTPS"),
        ({"protocol": "HTTPS", "healthCheck": {"port": 9000, "protocol": "HTTP"}}, "HTTPS", "HTTP"),
        ({"healthCheck": {"port": 9443, "protocol": "HTTPS"}}, "HTTP", "HTTPS"),
    ],
)
def test_traffic_and_check_each_have_their_protocol(given: dict[str, Any], traffic: str, check: str) -> None:
    graph, _ = _service(**given)
    for number in (1, 2):
        group = graph.one("TargetGroup", f"web-{number}").inputs
        assert (group["protocol"], group["healthCheck"]["protocol"]) == (traffic, check)
    [first] = json.loads(graph.one("TaskDefinition").inputs["containerDefinitions"])
    assert first["command"][0] == "ruby", "an image that speaks TLS waits for the first push"
    assert graph.one("Listener").inputs["protocol"] == "HTTP", (
        "what clients speak is the certificate's matter"
    )


def test_containers_run_as_their_images_were_built() -> None:
    own = {"entryPoint": ["/init"], "workingDirectory": "/srv", "initProcess": True}
    _, texts = _service(**own, sidecars=[{"name": "a", "image": "x", **own}, {"name": "b", "image": "y"}])
    app, a, b = json.loads(texts["taskdef"])["containerDefinitions"]
    for one in (app, a):
        assert (one["entryPoint"], one["workingDirectory"]) == (["/init"], "/srv")
        assert one["linuxParameters"] == {"initProcessEnabled": True}
    assert b["linuxParameters"] == {"initProcessEnabled": False}, "s6-overlay and its like must be process 1"
    assert not {"entryPoint", "workingDirectory"} & set(b)


@pytest.mark.parametrize(
    "name", ["AWS_REGION", "HOME", "PATH", "spring.datasource.url", "a-b", "DOCKER_X", "CODEBUILD_X"]
)
def test_a_variable_may_have_any_name_that_ecs_takes(name: str) -> None:
    """Amazon ECS API Reference, KeyValuePair: the name has no pattern."""
    sidecars = [{"name": "side", "image": "x", "environment": {name: "1"}, "secrets": {f"{name}2": "/a/b"}}]
    _, texts = _service(environment={name: "2"}, secrets={f"{name}2": "/a/b"}, sidecars=sidecars)
    app, side = json.loads(texts["taskdef"])["containerDefinitions"]
    assert {"name": name, "value": "2"} in app["environment"]
    assert {"name": name, "value": "1"} in side["environment"]
    assert [one["secrets"] for one in (app, side)] == [[{"name": f"{name}2", "valueFrom": "/a/b"}]] * 2


def test_codedeploy_controls_the_service_and_pulumi_ignores_what_it_changes() -> None:
    graph, _ = _service()
    service = graph.one("Service")
    assert service.inputs["deploymentController"] == {"type": "CODE_DEPLOY"}
    assert service.ignored == {"taskDefinition", "loadBalancers", "networkConfiguration"}
    assert service.inputs["networkConfiguration"]["assignPublicIp"] is False
    assert graph.one("Listener").urn in service.depends_on, "ECS wants blue behind the listener first"
    policies = {graph.one("RolePolicy", "web-execution-policy").urn}
    assert policies <= service.depends_on, "the first task needs its permissions"


def test_the_first_revision_is_a_tiny_public_image_under_the_same_names() -> None:
    graph, texts = _service()
    first = graph.one("TaskDefinition").inputs
    [container] = json.loads(first["containerDefinitions"])
    template = json.loads(texts["taskdef"])
    assert container["image"].startswith("public.ecr.aws/"), "there is no pushed image yet"
    for key in ("family", "cpu", "memory", "executionRoleArn", "taskRoleArn", "runtimePlatform"):
        assert first[key] == template[key], f"{key} of bootstrap and release must not differ"
    assert container["name"] == template["containerDefinitions"][0]["name"] == "app"
    assert container["secrets"] == [], "a bootstrap page needs none, and a missing one must not stop it"


def test_appspec_and_task_definition_name_the_same_container_and_port() -> None:
    _, texts = _service(container="shop", port=9000)
    template = json.loads(texts["taskdef"])
    check_input("ecs", "RegisterTaskDefinition", template)
    [resource] = yaml.safe_load(texts["appspec"])["Resources"]
    properties = resource["TargetService"]["Properties"]
    [container] = template["containerDefinitions"]
    [mapping] = container["portMappings"]
    assert properties["LoadBalancerInfo"] == {
        "ContainerName": container["name"],
        "ContainerPort": mapping["containerPort"],
    }
    assert (container["name"], mapping["containerPort"]) == ("shop", 9000)
    assert properties["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"] == ["sg-web-group"]


def test_sidecars_run_in_the_same_task_with_their_own_secrets() -> None:
    registry = PLACE.registry
    sidecars = [
        {
            "name": "otel",
            "image": f"{registry}/tools/otel:1",
            "command": ["--x"],
            "secrets": {"KEY": "/otel/key"},
        },
        {"name": "proxy", "image": "public.ecr.aws/x/y:1", "essential": True},
    ]
    graph, texts = _service(sidecars=sidecars)
    containers = json.loads(texts["taskdef"])["containerDefinitions"]
    assert [(one["name"], one["essential"]) for one in containers] == [
        ("app", True),
        ("otel", False),
        ("proxy", True),
    ]
    assert containers[1]["secrets"] == [{"name": "KEY", "valueFrom": "/otel/key"}]
    assert [one["image"] for one in containers].count("<IMAGE1_NAME>") == 1, (
        "only the pushed image is replaced"
    )
    statements = _policy(graph, "web-execution-policy")
    [pull] = [s for s in statements if "ecr:BatchGetImage" in s["Action"]]
    assert pull["Resource"] == [REPOSITORY, "arn:aws:ecr:us-east-1:123456789012:repository/tools/otel"]
    [read] = [s for s in statements if s["Action"] == ["ssm:GetParameters"]]
    assert read["Resource"] == ["arn:aws:ssm:us-east-1:123456789012:parameter/otel/key"]


def test_the_execution_role_reads_exactly_these_secrets_and_writes_exactly_this_log() -> None:
    graph, _ = _service(secrets={"URL": f"{SECRET}:url::"})
    granted = {tuple(s["Action"]): s["Resource"] for s in _policy(graph, "web-execution-policy")}
    assert granted == {
        ("ecr:GetAuthorizationToken",): "*",
        ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"): [REPOSITORY],
        ("logs:CreateLogStream", "logs:PutLogEvents"): (
            "arn:aws:logs:us-east-1:123456789012:log-group:/delivery/shop/stg/web:*"
        ),
        ("secretsmanager:GetSecretValue",): [SECRET],
    }


def test_the_task_role_has_the_operators_statements_and_no_others() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/*"}
    graph, _ = _service(taskRoleStatements=[statement])
    assert _policy(graph, "web-task-policy") == [statement]


def test_without_statements_the_task_role_has_no_policy() -> None:
    graph, _ = _service()
    policies = {policy.name for policy in graph.all("RolePolicy")}
    assert policies == {"web-execution-policy", "web-deployment-policy"}, "an empty policy is refused"


def test_without_a_database_no_rule_is_added_to_anyones_group() -> None:
    graph, _ = _service(database=False)
    assert graph.all("SecurityGroupIngressRule") == []


def test_operators_choices_of_the_container_arrive_in_the_template() -> None:
    _, texts = _service(
        command=["serve", "--a b"],
        user="1000",
        stopTimeoutSeconds=60,
        architecture="ARM64",
        environment={"A": "1"},
    )
    template = json.loads(texts["taskdef"])
    [container] = template["containerDefinitions"]
    assert container["command"] == ["serve", "--a b"]
    assert (container["user"], container["stopTimeout"]) == ("1000", 60)
    assert container["environment"] == [{"name": "A", "value": "1"}]
    assert template["runtimePlatform"] == {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}


def test_each_change_of_what_runs_changes_a_template() -> None:
    _, before = _service()
    hook = "arn:aws:lambda:us-east-1:123456789012:function:check"
    changes: list[dict[str, Any]] = [
        {"cpu": 512, "memory": 1024},
        {"rollout": {"hooks": {"beforeAllowTraffic": hook}}},
        {"secrets": {"URL": f"{SECRET}:url::"}},
        {"user": "1000"},
    ]
    assert all(_service(**change)[1] != before for change in changes), "nothing else brings it to the tasks"


def test_what_does_not_run_changes_no_template() -> None:
    assert _service(desiredCount=5, logRetentionDays=30)[1] == _service()[1]

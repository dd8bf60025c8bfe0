"""The real program with both real stacks: what holds for the whole graph."""

import json
from typing import Any

import pytest

import components
from rehearsal.evaluation.program import config_of, stack_config
from rehearsal.host.project import ROOT
from tests.example_stacks import FOLDER
from tests.unit.harness import STACKS, Graph, Sent, deployed_config, deployed_stack
from tests.unit.inputs import unknown_keys
from tests.unit.worlds import MOVED, WORLDS, world

SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"
TOKENS = {
    "delivery:index:AdoptedService",
    "delivery:index:ArtifactStore",
    "delivery:index:BlueGreenDeployment",
    "delivery:index:DeliveryPipeline",
    "delivery:index:Descriptor",
    "delivery:index:EcsDeployment",
    "delivery:index:ImageRepository",
    "delivery:index:MigrationBuild",
    "delivery:index:Notifications",
    "delivery:index:PushTrigger",
    "delivery:index:ReleaseFunction",
    "delivery:index:ReleaseTemplates",
    "delivery:index:ServiceFront",
    "delivery:index:WebService",
    "delivery:index:Worker",
}
"""Pinned: a renamed token is a replacement of everything under it, so a rename needs an alias in the same change."""


def _custom(graph: Graph) -> list[Sent]:
    return [one for one in graph.sent.values() if one.request.custom]


def test_the_type_tokens_of_components_are_pinned() -> None:
    graphs = (world(MOVED), deployed_config("stg", config_of(FOLDER / "adopted-service.yaml")))
    declared = {one.type for graph in graphs for one in graph.sent.values() if not one.request.custom}
    assert declared == TOKENS


def test_no_component_is_missing_in_the_table() -> None:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "components").rglob("*.py"))
    written = {
        line.split('"')[1] for text in sources for line in text.splitlines() if '__init__("delivery:' in line
    }
    assert written == TOKENS
    assert components.__doc__


def test_both_stacks_make_the_same_resources() -> None:
    stg, prd = ({(one.type, one.name) for one in deployed_stack(stack).sent.values()} for stack in STACKS)
    assert stg == prd, "the stacks differ by values only, so stg shows what prd will do"


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_belongs_to_a_component(stack: str) -> None:
    graph = deployed_stack(stack)
    for one in _custom(graph):
        assert one.parent in graph.sent, f"{one.name} would stand alone under the stack"
        assert graph.sent[one.parent].type in TOKENS, one.name


def test_no_component_has_a_speculative_alias() -> None:
    assert [
        one.name
        for one in deployed_stack("stg").sent.values()
        if not one.request.custom and one.request.aliases
    ] == []


GUARDED = {"Repository", "Bucket", "Service", "LoadBalancer", "Listener"}


@pytest.mark.parametrize(("stack", "protected"), [("stg", set[str]()), ("prd", GUARDED)])
def test_exactly_what_holds_data_or_takes_traffic_is_protected_in_prd(
    stack: str, protected: set[str]
) -> None:
    found = {one.type.rpartition(":")[2] for one in deployed_stack(stack).sent.values() if one.protected}
    assert found == protected, (
        "destroy without preview deletes whatever is not protected; the rest comes back by up"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_only_what_codedeploy_and_autoscaling_own_is_ignored(stack: str) -> None:
    ignored = {one.name: one.ignored for one in deployed_stack(stack).sent.values() if one.ignored}
    assert ignored == {
        "web-service": {"taskDefinition", "loadBalancers", "networkConfiguration"},
        "web-listener": {"defaultActions"},
    }, "anything more would hide drift"


@pytest.mark.parametrize("stack", STACKS)
def test_only_templates_outlive_their_declaration(stack: str) -> None:
    kept = {
        one.type.rpartition(":")[2]
        for one in deployed_stack(stack).sent.values()
        if one.request.retainOnDelete
    }
    assert kept == {"BucketObjectv2"}


@pytest.mark.parametrize("stack", WORLDS)
def test_every_input_is_one_the_provider_has(stack: str) -> None:
    found = [path for one in _custom(world(stack)) for path in unknown_keys(one)]
    assert found == [], "mocks take any key, the provider refuses it"


def test_a_misspelled_key_would_be_found() -> None:
    pipeline = deployed_stack("stg").one("Pipeline")
    stages = [{**pipeline.raw["stages"][0], "befor_entry": {}}]
    wrong = Sent(pipeline.urn, pipeline.request, {**pipeline.raw, "stages": stages, "nmae": "x"})
    assert unknown_keys(wrong) == ["delivery-pipeline.stages[0].befor_entry", "delivery-pipeline.nmae"]


@pytest.mark.parametrize("stack", STACKS)
def test_secrets_go_by_reference_everywhere(stack: str) -> None:
    given = stack_config(stack)
    references = set(given["delivery:migration"]["secrets"].values())
    references |= set(given["delivery:services"]["web"]["secrets"].values())
    wrapped = {
        one.name
        for one in deployed_stack(stack).sent.values()
        if SECRET_MARK in json.dumps(one.raw, default=str)
    }
    assert wrapped == {"descriptor-parameter"}, (
        "the SDK wraps every parameter's value; nothing else is a secret"
    )
    project = deployed_stack(stack).one("Project").inputs["environment"]["environmentVariables"]
    plain = {variable["name"] for variable in project if variable["type"] == "PLAINTEXT"}
    assert "DATABASE_URL" not in plain
    [template] = [
        o.inputs["content"] for o in deployed_stack(stack).all("BucketObjectv2") if o.name.endswith("json")
    ]
    [container] = json.loads(template)["containerDefinitions"]
    assert {one["valueFrom"] for one in container["secrets"]} <= references
    assert "DATABASE_URL" not in {one["name"] for one in container["environment"]}


@pytest.mark.parametrize("stack", STACKS)
def test_the_deploy_artifact_stays_small(stack: str) -> None:
    size = sum(len(one.inputs["content"].encode()) for one in deployed_stack(stack).all("BucketObjectv2"))
    assert size < 16 * 1024, "the action refuses 3 MB"


@pytest.mark.parametrize("stack", STACKS)
def test_the_descriptor_and_the_outputs_of_the_stack_say_the_same(stack: str) -> None:
    graph = deployed_stack(stack)
    parameter = graph.one("Parameter").inputs
    exports: dict[str, Any] = dict(graph.exports)
    assert exports.pop("descriptor") == parameter["name"] == f"/delivery/shop/{stack}"
    assert exports == json.loads(parameter["value"])


@pytest.mark.parametrize("stack", STACKS)
def test_the_descriptor_names_what_an_operator_needs(stack: str) -> None:
    graph = deployed_stack(stack)
    told = json.loads(graph.one("Parameter").inputs["value"])
    assert told["pipeline"] == graph.one("Pipeline").inputs["name"]
    assert told["project"] == graph.one("Project").inputs["name"]
    assert told["repository"] == graph.one("Repository").inputs["name"]
    assert told["tag"] == stack
    assert told["templatePrefix"] in graph.all("BucketObjectv2")[0].inputs["key"]
    web = told["services"]["web"]
    assert web["service"] == graph.one("Service").inputs["name"]
    assert web["codeDeployApplication"] == graph.one("Application").inputs["name"]
    assert web["deploymentGroup"] == graph.one("DeploymentGroup").inputs["deploymentGroupName"]
    assert web["logGroup"] in {one.inputs["name"] for one in graph.all("LogGroup")}
    assert web["listenerArn"] == graph.outputs(graph.one("Listener"))["arn"]
    assert "secret" not in json.dumps(told).lower(), "not even references"

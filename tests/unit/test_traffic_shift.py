"""A deployment configuration of a stack's own: what is declared, who may read it, and what is refused."""

import json
from typing import Any

import pytest
import yaml

from documents.traffic_shift import PREDEFINED, Routing, Shift, Step
from rehearsal.host.project import ROOT
from settings.rollout import TrafficShift
from tests.unit.edits import put
from tests.unit.harness import Graph, deployed_stack, settings

CANARY = {"canary": {"percent": 25, "intervalMinutes": 45}}
LINEAR = {"linear": {"percent": 30, "intervalMinutes": 2}}
NAME = "shop-stg-web-canary-25-percent-45-minutes"


def _with(rollout: dict[str, Any]) -> Graph:
    return deployed_stack("stg", put("delivery:services.web.rollout", rollout))


def _config_statement(graph: Graph) -> dict[str, Any]:
    policies = [json.loads(one.inputs["policy"]) for one in graph.all("RolePolicy") if "delivery" in one.name]
    [statement] = [
        one
        for policy in policies
        for one in policy["Statement"]
        if "codedeploy:GetDeploymentConfig" in one["Action"]
    ]
    return statement


def test_a_canary_of_ones_own_is_declared_for_ecs_and_the_group_has_it() -> None:
    """CodeDeploy User Guide, deployment-configurations-create; CodeDeploy API Reference, TrafficRoutingConfig."""
    graph = _with(CANARY)
    declared = graph.one("DeploymentConfig")
    assert declared.inputs == {
        "computePlatform": "ECS",
        "deploymentConfigName": NAME,
        "trafficRoutingConfig": {
            "type": "TimeBasedCanary",
            "timeBasedCanary": {"percentage": 25, "interval": 45},
        },
    }
    group = graph.one("DeploymentGroup")
    assert group.inputs["deploymentConfigName"] == NAME
    assert declared.urn in group.depends_on, "CreateDeploymentGroup refuses a configuration that is not there"


def test_a_linear_shift_of_ones_own_is_declared_with_its_own_block() -> None:
    declared = _with(LINEAR).one("DeploymentConfig").inputs
    assert declared["deploymentConfigName"] == "shop-stg-web-linear-30-percent-2-minutes"
    assert declared["trafficRoutingConfig"] == {
        "type": "TimeBasedLinear",
        "timeBasedLinear": {"percentage": 30, "interval": 2},
    }


def test_the_pipelines_role_may_read_exactly_the_configuration_that_deploys() -> None:
    """CodePipeline User Guide, action-reference-ECSbluegreen: `codedeploy:GetDeploymentConfig`."""
    statement = _config_statement(_with(CANARY))
    assert statement["Resource"] == f"arn:aws:codedeploy:us-east-1:123456789012:deploymentconfig:{NAME}"


def test_another_shift_has_another_name_so_that_it_is_made_before_the_old_one_goes() -> None:
    """CodeDeploy has no UpdateDeploymentConfig, and deletes none that a group has (API_DeleteDeploymentConfig)."""
    names = {
        _with(rollout).one("DeploymentConfig").inputs["deploymentConfigName"]
        for rollout in (
            CANARY,
            LINEAR,
            {"canary": {"percent": 26, "intervalMinutes": 45}},
            {"canary": {"percent": 25, "intervalMinutes": 46}},
            {"linear": {"percent": 25, "intervalMinutes": 45}},
        )
    }
    assert len(names) == 5


def test_a_predefined_configuration_declares_none() -> None:
    assert not deployed_stack("prd").all("DeploymentConfig")


def test_the_predefined_configurations_are_those_of_ecs() -> None:
    """CodeDeploy User Guide, deployment-configurations: for an Amazon ECS compute platform."""
    assert set(PREDEFINED) == set(TrafficShift)
    assert PREDEFINED["CodeDeployDefault.ECSAllAtOnce"].steps() == [Step(100, 0)]
    canary = PREDEFINED["CodeDeployDefault.ECSCanary10Percent15Minutes"]
    assert canary.steps() == [Step(10, 15), Step(100, 0)]
    linear = PREDEFINED["CodeDeployDefault.ECSLinear10PercentEvery3Minutes"].steps()
    assert [step.percent for step in linear] == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert {step.minutes for step in linear[:-1]} == {3}


@pytest.mark.parametrize(
    ("shift", "percents", "lasts"),
    [
        (Shift(Routing.LINEAR, 30, 2), [30, 60, 90, 100], 6),
        (Shift(Routing.LINEAR, 99, 5), [99, 100], 5),
        (Shift(Routing.LINEAR, 50, 1), [50, 100], 1),
        (Shift(Routing.CANARY, 1, 2880), [1, 100], 2880),
    ],
)
def test_a_shift_ends_with_all_traffic_on_green(shift: Shift, percents: list[int], lasts: int) -> None:
    assert [step.percent for step in shift.steps()] == percents
    assert shift.lasts == lasts


@pytest.mark.parametrize("rollout", [CANARY, LINEAR, {"linear": {"percent": 1, "intervalMinutes": 29}}, {}])
def test_what_codedeploy_takes_loads(rollout: dict[str, Any]) -> None:
    assert settings(put("services.web.rollout", rollout)).services["web"].rollout.shift.lasts <= 2880


def test_the_example_of_the_documentation_is_what_it_says() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    section = page.partition("## Traffic in steps of your own")[2]
    example = yaml.safe_load(section.partition("```yaml\n")[2].partition("```")[0])
    graph = _with(example["services"]["web"]["rollout"])
    assert f"`{graph.one('DeploymentConfig').inputs['deploymentConfigName']}`" in section

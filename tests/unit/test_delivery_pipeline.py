"""The pipeline in the real program, as CodePipeline takes it."""

import json
from typing import Any

import pytest

from tests.unit.edits import put
from tests.unit.harness import STACKS, deployed_stack
from tests.unit.worlds import APPROVAL, EVERYTHING, KEY, WINDOW, world


def _pipeline(name: str = "stg") -> Any:
    return world(name).one("Pipeline").inputs


def _actions(pipeline: Any) -> dict[str, Any]:
    return {action["name"]: action for stage in pipeline["stages"] for action in stage["actions"]}


@pytest.mark.parametrize("stack", STACKS)
def test_it_is_a_v2_pipeline_of_source_and_release(stack: str) -> None:
    pipeline = _pipeline(stack)
    assert pipeline["pipelineType"] == "V2", "only V2 takes a pinned digest; the default is V1"
    assert pipeline["executionMode"] == "QUEUED"
    assert [stage["name"] for stage in pipeline["stages"]] == ["Source", "Release"]
    order = [(one["name"], one["runOrder"]) for one in pipeline["stages"][-1]["actions"]]
    assert order == [("Check", 1), ("Migrate", 2), ("Deploy-web", 3)], (
        "one stage, so that two releases never overlap"
    )


def test_each_service_deploys_after_the_one_migration() -> None:
    graph = world(EVERYTHING)
    actions = graph.one("Pipeline").inputs["stages"][-1]["actions"]
    assert [(one["name"], one["runOrder"]) for one in actions] == [
        ("Check", 1),
        ("Migrate", 2),
        ("Deploy-web", 3),
        ("Deploy-api", 3),
    ]
    fetched = {
        name
        for one in actions[2:]
        for key, name in one["configuration"].items()
        if key.endswith("TemplatePath")
    }
    written = {one.inputs["key"].rpartition("/")[2] for one in graph.all("BucketObjectv2")}
    assert fetched == written, "each action finds its own two files in the deploy artifact"
    assert len({one["configuration"]["ApplicationName"] for one in actions[2:]}) == 2


def test_the_source_watches_the_stacks_tag_and_gives_the_digest_away() -> None:
    source = _actions(_pipeline())["Source"]
    assert (source["category"], source["provider"], source["version"]) == ("Source", "ECR", "1")
    assert source["configuration"] == {"RepositoryName": "shop", "ImageTag": "stg"}
    assert source["namespace"] == "Image"


def test_every_artifact_named_in_a_configuration_is_an_input_and_comes_from_an_action_before() -> None:
    made: set[str] = set()
    for stage in _pipeline(EVERYTHING)["stages"]:
        for action in sorted(stage["actions"], key=lambda one: one.get("runOrder", 1)):
            inputs = action.get("inputArtifacts", [])
            assert set(inputs) <= made, action["name"]
            assert len(inputs) == len(set(inputs)), "each once"
            named = {
                value
                for key, value in action["configuration"].items()
                if key.endswith(("Artifact", "ArtifactName"))
            }
            assert named <= set(inputs), "CodePipeline User Guide, action-reference-ECSbluegreen"
            made |= set(action.get("outputArtifacts", []))


def test_namespaces_are_unique_and_no_artifact_has_their_name() -> None:
    actions = _actions(_pipeline()).values()
    namespaces = [one["namespace"] for one in actions if "namespace" in one]
    artifacts = {name for one in actions for name in one.get("outputArtifacts", [])}
    assert len(namespaces) == len(set(namespaces))
    assert not set(namespaces) & (artifacts | {"codepipeline", "variables"}), (
        "CodePipeline User Guide, reference-variables"
    )


def test_the_migration_is_told_digest_and_variables_in_a_thousand_characters() -> None:
    pipeline = _pipeline()
    text = _actions(pipeline)["Migrate"]["configuration"]["EnvironmentVariables"]
    assert len(text) <= 1000
    assert {one["name"]: one["value"] for one in json.loads(text)} == {
        "DELIVERY_IMAGE_DIGEST": "#{Image.ImageDigest}",
        "DELIVERY_MIGRATE": "#{variables.MIGRATE}",
    }, "never #{Image.ImageTag}: it is not there when the revision is pinned"
    assert all(one["type"] == "PLAINTEXT" for one in json.loads(text))
    defaults = {one["name"]: one["defaultValue"] for one in pipeline["variables"]}
    assert defaults == {"MIGRATE": "run", "TRIGGER": "chosen"}, "without a default a start needs a value"


def test_the_check_is_told_what_a_release_is_of_and_who_started_it() -> None:
    check = _actions(_pipeline())["Check"]
    assert (check["category"], check["provider"], check["version"]) == ("Invoke", "Lambda", "1")
    assert check["configuration"]["FunctionName"] == "shop-stg-release"
    assert json.loads(check["configuration"]["UserParameters"]) == {
        "step": "check",
        "digest": "#{Image.ImageDigest}",
        "trigger": "#{variables.TRIGGER}",
        "migrate": "#{variables.MIGRATE}",
    }
    assert not check.get("inputArtifacts"), (
        "it reads no artifact, so it needs none of the credentials that come with one"
    )


def test_without_the_check_there_is_no_function_and_nothing_else_changes_its_place() -> None:
    graph = deployed_stack("stg", put("delivery:release.check", value=False))
    assert graph.all("Function") == []
    assert not [one for one in graph.sent.values() if "release-" in one.name]
    actions = _actions(graph.one("Pipeline").inputs)
    assert list(actions) == ["Source", "Migrate", "Deploy-web"]
    assert {one["name"] for one in graph.one("Pipeline").inputs["variables"]} == {"MIGRATE", "TRIGGER"}, (
        "the push rule gives TRIGGER, and a start with a variable that is not there fails"
    )
    policy = graph.one("RolePolicy", "delivery-policy").inputs["policy"]
    assert "lambda:" not in policy


def test_a_deployment_takes_templates_from_the_migration_and_the_image_from_the_source() -> None:
    deploy = _actions(_pipeline())["Deploy-web"]
    assert deploy["provider"] == "CodeDeployToECS"
    assert deploy["configuration"] == {
        "ApplicationName": "shop-stg-web",
        "DeploymentGroupName": "shop-stg-web",
        "TaskDefinitionTemplateArtifact": "ReleaseArtifact",
        "TaskDefinitionTemplatePath": "taskdef-web.json",
        "AppSpecTemplateArtifact": "ReleaseArtifact",
        "AppSpecTemplatePath": "appspec-web.yaml",
        "Image1ArtifactName": "ImageArtifact",
        "Image1ContainerName": "IMAGE1_NAME",
    }


def test_values_of_action_configurations_keep_their_limit() -> None:
    for action in _actions(_pipeline(EVERYTHING)).values():
        for key, value in action["configuration"].items():
            assert len(key) <= 50, key
            assert len(value) <= 1000, f"{action['name']}.{key}"


def test_a_person_may_be_asked_between_source_and_release() -> None:
    stages = _pipeline(EVERYTHING)["stages"]
    assert [stage["name"] for stage in stages] == ["Source", "Approve", "Release"]
    [action] = stages[1]["actions"]
    assert (action["category"], action["provider"]) == ("Approval", "Manual")
    assert action["timeoutInMinutes"] == APPROVAL["timeoutMinutes"]
    assert action["configuration"] == {"CustomData": APPROVAL["message"]}


def test_releases_begin_in_a_window_only_when_there_is_one() -> None:
    release = _pipeline(EVERYTHING)["stages"][-1]
    condition = release["beforeEntry"]["condition"]
    assert condition["result"] == "FAIL"
    [rule] = condition["rules"]
    assert rule["ruleTypeId"] == {
        "category": "Rule",
        "owner": "AWS",
        "provider": "DeploymentWindow",
        "version": "1",
    }
    assert rule["configuration"] == {"Cron": WINDOW["cron"], "TimeZone": WINDOW["timeZone"]}
    assert "beforeEntry" not in _pipeline()["stages"][-1]


def test_a_newer_release_may_take_the_place_of_one_that_waits() -> None:
    assert _pipeline(EVERYTHING)["executionMode"] == "SUPERSEDED"


def test_a_customer_key_is_on_pipeline_and_project_alike() -> None:
    graph = world(EVERYTHING)
    [store] = graph.one("Pipeline").inputs["artifactStores"]
    assert store["encryptionKey"] == {"id": KEY, "type": "KMS"}
    assert graph.one("Project").inputs["encryptionKey"] == KEY, (
        "CodeBuild ignores the pipeline's (aws-cdk#4182)"
    )
    [store] = _pipeline()["artifactStores"]
    assert "encryptionKey" not in store
    assert "region" not in store, "one Region"


def test_its_role_has_exactly_the_documented_actions() -> None:
    policy = json.loads(world("stg").one("RolePolicy", "delivery-policy").inputs["policy"])
    granted = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert granted == {
        *(f"s3:GetBucket{what}" for what in ("Acl", "Location", "Versioning")),
        *(f"s3:GetObject{what}" for what in ("", "Tagging", "Version", "VersionTagging")),
        *(f"s3:PutObject{what}" for what in ("", "Acl", "Tagging")),
        "ecr:DescribeImages",
        "codebuild:BatchGetBuilds",
        "codebuild:StartBuild",
        "codedeploy:CreateDeployment",
        "codedeploy:GetDeployment",
        "codedeploy:GetApplication",
        "codedeploy:GetApplicationRevision",
        "codedeploy:RegisterApplicationRevision",
        "codedeploy:GetDeploymentConfig",
        "ecs:RegisterTaskDefinition",
        "iam:PassRole",
        "lambda:InvokeFunction",
        "lambda:ListFunctions",
    }, "CodePipeline User Guide, how-to-custom-role and the reference of each action"


def test_the_pipeline_waits_for_its_permissions() -> None:
    graph = world("stg")
    assert graph.one("RolePolicy", "delivery-policy").urn in graph.one("Pipeline").depends_on, (
        "it starts when created"
    )

"""ReleaseTemplates alone, and its version in the real program."""

import json
from typing import Any

import pytest

from components.release_templates import ReleaseTemplates, ReleaseTemplatesArgs
from documents.templates import version
from rehearsal.evaluation.program import plain
from tests.unit.harness import STACKS, Config, Graph, deployed, deployed_stack

FILES = {"taskdef-web.json": "{}", "appspec-web.yaml": "version: 0.0"}
ARGS = ReleaseTemplatesArgs(bucket="b", bucket_arn="arn:aws:s3:::b", files=FILES)


def _objects(graph: Graph) -> dict[str, str]:
    return {one.inputs["key"]: one.inputs["content"] for one in graph.all("BucketObjectv2")}


def test_files_lie_flat_under_a_prefix_that_names_their_content() -> None:
    graph = deployed(lambda: ReleaseTemplates("templates", ARGS))
    prefix = f"templates/{version(FILES)}"
    assert _objects(graph) == {f"{prefix}/{name}": text for name, text in FILES.items()}


def test_earlier_versions_stay_in_the_bucket() -> None:
    graph = deployed(lambda: ReleaseTemplates("templates", ARGS))
    assert all(one.request.retainOnDelete for one in graph.all("BucketObjectv2")), (
        "an execution that waits still names the version it began with"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_the_version_is_that_of_the_files_and_the_build_fetches_it(stack: str) -> None:
    graph = deployed_stack(stack)
    files = {key.rpartition("/")[2]: text for key, text in _objects(graph).items()}
    project = graph.one("Project").inputs["environment"]["environmentVariables"]
    told = {one["name"]: one["value"] for one in project}
    assert told["DELIVERY_TEMPLATE_VERSION"] == version(files)
    assert {f"{told['DELIVERY_TEMPLATES']}{name}" for name in told["DELIVERY_TEMPLATE_FILES"].split()} == {
        f"s3://{graph.outputs(graph.one('Bucket'))['bucket']}/{key}" for key in _objects(graph)
    }


def _descriptor_prefix(graph: Graph) -> str:
    return json.loads(graph.one("Parameter").inputs["value"])["templatePrefix"]


def _environment(config: Config) -> None:
    config["delivery:services"]["web"]["environment"]["APP_ENVIRONMENT"] = "other"


def _beside(config: Config) -> None:
    config["delivery:services"]["web"]["desiredCount"] = 5
    config["delivery:images"]["app"]["keepUnreleasedDays"] = 99
    config["delivery:migration"]["timeoutMinutes"] = 7


def test_a_change_of_anything_else_is_not() -> None:
    assert _descriptor_prefix(deployed_stack("stg", _beside)) == _descriptor_prefix(deployed_stack("stg"))


def test_an_edited_variable_changes_templates_build_and_descriptor_and_nothing_else() -> None:
    before, after = deployed_stack("stg"), deployed_stack("stg", _environment)

    assert _descriptor_prefix(before) != _descriptor_prefix(after), (
        "what runs has changed, so has its version"
    )

    def changed() -> set[tuple[str, str]]:
        urns: Any = before.sent.keys() | after.sent.keys()
        return {
            (urn.rpartition(":")[2], urn.split("::")[2].rpartition(":")[2])
            for urn in urns
            if urn not in before.sent
            or urn not in after.sent
            or plain(before.sent[urn].raw) != plain(after.sent[urn].raw)
        }

    assert changed() == {
        ("templates-taskdef-web.json", "BucketObjectv2"),
        ("templates-appspec-web.yaml", "BucketObjectv2"),
        ("migration-project", "Project"),
        ("descriptor-parameter", "Parameter"),
    }, "an update of the pipeline would stop a running release (CodePipeline User Guide, execution-modes)"

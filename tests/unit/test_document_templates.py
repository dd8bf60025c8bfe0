"""Task definition, AppSpec, and the version that names them."""

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping

import pytest
import yaml
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from hypothesis import example, given, settings
from hypothesis import strategies as st

from documents import appspec, taskdef
from documents.bootstrap import BOOTSTRAP_IMAGE, bootstrap_container
from documents.shapes import ShapeError, check_input, findings
from documents.templates import version
from rehearsal.host.project import ROOT

TASK = taskdef.Task(
    family="shop-stg-web",
    cpu=256,
    memory=512,
    architecture="ARM64",
    execution_role="arn:aws:iam::123456789012:role/execution",
    task_role="arn:aws:iam::123456789012:role/task",
    log_group="/delivery/shop/stg/web",
    region="us-east-1",
)
FILES = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4)


@given(FILES, FILES)
def test_two_sets_of_files_have_one_version_only_when_they_are_the_same(
    one: Mapping[str, str], other: Mapping[str, str]
) -> None:
    assert (version(one) == version(other)) == (one == other), "the prefix names the content, nothing else"


@given(FILES)
def test_the_order_of_files_does_not_change_the_version(files: Mapping[str, str]) -> None:
    assert version(dict(reversed(list(files.items())))) == version(files)


def test_moving_text_from_one_file_to_the_next_changes_the_version() -> None:
    assert version({"a": "xy", "b": ""}) != version({"a": "x", "b": "y"}), "contents are not just joined"
    assert version({"ab": "c"}) != version({"a": "bc"}), "neither are names and contents"


WORDS = st.lists(
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), min_size=1, max_size=12),
    min_size=1,
    max_size=6,
)


@settings(max_examples=15)  # each example is a process
@given(WORDS)
def test_command_words_arrive_unharmed_through_the_shell_of_the_buildspec(words: list[str]) -> None:
    script = 'eval "command=($DELIVERY_COMMAND)"; printf "%s\\0" "${command[@]}"'
    environment = {"DELIVERY_COMMAND": shlex.join(words), "LC_ALL": "C.UTF-8"}
    run = subprocess.run(["/bin/bash", "-euc", script], env=environment, capture_output=True, check=True)
    assert run.stdout.decode().split("\0")[:-1] == words


def test_the_template_is_an_input_of_register_task_definition() -> None:
    pushed = taskdef.Container("app", taskdef.pushed_image(), ports=[8080], environment={"B": "2", "A": "1"})
    definition = taskdef.task_definition(TASK, [pushed])
    check_input("ecs", "RegisterTaskDefinition", definition)
    [container] = definition["containerDefinitions"]
    assert container["image"] == "<IMAGE1_NAME>", "the action replaces exactly this text"
    assert [one["name"] for one in container["environment"]] == ["A", "B"], (
        "the order of YAML keys changes no version"
    )
    assert json.loads(taskdef.text(definition)) == definition


def test_what_is_not_set_is_not_sent() -> None:
    [container] = taskdef.task_definition(TASK, [taskdef.Container("app", "x")])["containerDefinitions"]
    assert not {"command", "user", "stopTimeout"} & set(container), "null or empty would override the image"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"cpuu": "256"}, "cpuu"),
        ({"cpu": 256}, "cpu"),
        ({"networkMode": "overlay"}, "overlay"),
        ({"containerDefinitions": [{"image": 5}]}, "image"),
        ({"containerDefinitions": [{"nmae": "x"}]}, r"unknown key containerDefinitions\[0\].nmae"),
        ({"containerDefinitions": [{"essential": "yes"}]}, r"essential is 'yes', not true or false"),
        ({"containerDefinitions": [{"memory": True}]}, "memory is True, not a whole number"),
        ({"containerDefinitions": {"name": "x"}}, "not a list"),
        ({"containerDefinitions": [{"dockerLabels": {"a": 1}}]}, "dockerLabels.a is 1, not a text"),
        ({"containerDefinitions": [{"secrets": [{"name": "A"}]}]}, r"secrets\[0\].valueFrom is missing"),
        ({"family": None}, "family is None, not a text"),
    ],
)
def test_a_document_aws_would_refuse_is_refused_with_its_place(change: dict[str, object], word: str) -> None:
    definition = {**taskdef.task_definition(TASK, [taskdef.Container("app", "x")]), **change}
    with pytest.raises(ShapeError, match=f"RegisterTaskDefinition would refuse this: .*{word}"):
        check_input("ecs", "RegisterTaskDefinition", definition)


def test_what_the_model_says_of_keys_texts_and_least_values_holds() -> None:
    """The models are AWS's own documents: required members, enums, patterns and minima."""
    [missing] = findings("ecs", "RegisterTaskDefinition", {"family": "x"})
    assert missing == "containerDefinitions is missing"
    assert findings("codepipeline", "StartPipelineExecution", {"name": ""}) == [
        "name is '', below the least that is taken, 1",
        r"name is '', which does not match [A-Za-z0-9.@\-_]+",
    ]


_ODD = st.sampled_from(
    [None, True, 7, 1.5, "text", "", [], [1], {}, {"name": "x"}, [{"name": 1}], {"a": "b"}]
)
_MEMBERS = [
    "family",
    "taskRoleArn",
    "networkMode",
    "cpu",
    "volumes",
    "placementConstraints",
    "ephemeralStorage",
    "runtimePlatform",
    "tags",
    "nmae",
]
_OF_CONTAINERS = [
    "name",
    "image",
    "memory",
    "essential",
    "command",
    "environment",
    "secrets",
    "portMappings",
    "healthCheck",
    "dockerLabels",
    "linuxParameters",
    "typo",
]


@given(
    st.dictionaries(st.sampled_from(_MEMBERS), _ODD, max_size=2),
    st.dictionaries(st.sampled_from(_OF_CONTAINERS), _ODD, max_size=2),
)
@example({}, {"healthCheck": {}})
@example({}, {"secrets": [{"name": "x"}]})
def test_keys_and_types_are_judged_as_botocore_judges_them(
    top: Mapping[str, object], inside: Mapping[str, object]
) -> None:
    """Ours finds what AWS's own SDK finds, and enums and patterns besides."""
    made = taskdef.task_definition(TASK, [taskdef.Container("app", "x")])
    definition = {**made, "containerDefinitions": [made["containerDefinitions"][0] | inside], **top}
    model = ServiceModel(Loader().load_service_model("ecs", "service-2"), "ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    theirs = ParamValidator().validate(definition, shape).has_errors()
    ours = findings("ecs", "RegisterTaskDefinition", definition)
    beyond = [one for one in ours if "not one of" in one or "does not match" in one]
    assert bool([one for one in ours if one not in beyond]) == theirs, ours


def test_loading_it_loads_nothing_of_botocore() -> None:
    """Every `pulumi up` would wait for it."""
    code = "import sys, documents.shapes as s; s.findings('ecs', 'RegisterTaskDefinition', {}); print('botocore' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    assert run.stdout.decode().strip() == "False"


def test_an_operation_without_input_cannot_be_checked() -> None:
    with pytest.raises(LookupError, match="takes no input"):
        check_input("iam", "DeleteAccountPasswordPolicy", {})


TARGET = appspec.Target("app", 8080, ["subnet-1", "subnet-2"], ["sg-1"])


def test_the_appspec_is_what_codedeploy_documents() -> None:
    document = yaml.safe_load(appspec.text(appspec.appspec(TARGET, {})))
    [resource] = document["Resources"]
    service = resource["TargetService"]
    assert document["version"] == 0.0
    assert service["Type"] == "AWS::ECS::Service"
    assert service["Properties"]["TaskDefinition"] == "<TASK_DEFINITION>", (
        "the action replaces exactly this text"
    )
    assert service["Properties"]["LoadBalancerInfo"] == {"ContainerName": "app", "ContainerPort": 8080}
    assert service["Properties"]["NetworkConfiguration"] == {
        "AwsvpcConfiguration": {
            "Subnets": ["subnet-1", "subnet-2"],
            "SecurityGroups": ["sg-1"],
            "AssignPublicIp": "DISABLED",
        }
    }, "all three or none, and ENABLED would put tasks on public addresses"
    assert "Hooks" not in document


def test_hooks_stand_in_the_order_codedeploy_calls_them() -> None:
    given_ = {"AfterAllowTraffic": "z", "BeforeInstall": "a", "AfterAllowTestTraffic": "m"}
    document = appspec.appspec(TARGET, given_)
    assert document["Hooks"] == [
        {"BeforeInstall": "a"},
        {"AfterAllowTestTraffic": "m"},
        {"AfterAllowTraffic": "z"},
    ]


@pytest.mark.parametrize(
    "ports",
    [
        [(8080, "HTTP")],
        [(8080, "HTTP"), (9000, "HTTP")],
        [(8443, "HTTPS")],
        [(8080, "HTTP"), (9443, "HTTPS")],
    ],
)
def test_the_bootstrap_image_answers_on_every_port_by_its_protocol(ports: list[tuple[int, str]]) -> None:
    container = bootstrap_container("app", ports)
    assert container.image == BOOTSTRAP_IMAGE
    assert container.ports == [port for port, _ in ports], "the health check's own port too"
    assert container.command[:2] == ["ruby", "-e"]
    assert container.command[3:] == [f"{port}:{protocol}" for port, protocol in ports]


def test_an_init_process_runs_only_where_it_is_asked_for() -> None:
    containers = [
        taskdef.Container("app", taskdef.pushed_image()),
        taskdef.Container(
            "side", "envoy", init_process=True, entry_point=["/init"], working_directory="/srv"
        ),
    ]
    app, side = taskdef.task_definition(TASK, containers)["containerDefinitions"]
    assert app["linuxParameters"] == {"initProcessEnabled": False}, (
        "an init of the image's own must be process 1"
    )
    assert "entryPoint" not in app
    assert "workingDirectory" not in app
    assert side["linuxParameters"] == {"initProcessEnabled": True}
    assert (side["entryPoint"], side["workingDirectory"]) == (["/init"], "/srv")

"""Settings that a program of one's own gives as a Python value, and the stack's file beside them."""

import pulumi
import pytest

from image_delivery import declare
from tests.unit.harness import Config, Graph, deployed, raw_settings


def _declared(given: Config, config: Config | None = None) -> Graph:
    return deployed(
        lambda: declare(given), {f"delivery:{key}": value for key, value in (config or {}).items()}
    )


def test_a_python_value_alone_declares_a_whole_stack() -> None:
    graph = _declared(raw_settings())
    assert graph.one("Pipeline").inputs["name"] == "shop-stg"
    assert len(graph.all("DeploymentGroup")) == 1


def test_the_stacks_file_goes_before_the_python_value_key_by_key() -> None:
    given = raw_settings()
    graph = _declared({**given, "source": {"push": {"tag": "other"}}}, {"source": {"push": {"tag": "stg"}}})
    source = graph.one("Pipeline").inputs["stages"][0]["actions"][0]
    assert source["configuration"]["ImageTag"] == "stg"


def test_a_key_of_the_stacks_file_is_taken_whole() -> None:
    given = raw_settings()
    with pytest.raises(pulumi.RunError, match=r"delivery:network\.vpcId is missing"):
        _declared(given, {"network": {"privateSubnetIds": given["network"]["privateSubnetIds"]}})


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("delivery:application", lambda given, late: given.update(application=late)),
        ("delivery:network.vpcId", lambda given, late: given["network"].update(vpcId=late)),
        (
            r"delivery:network.privateSubnetIds\[1\]",
            lambda given, late: given["network"]["privateSubnetIds"].__setitem__(1, late),
        ),
        ("delivery:services", lambda given, late: given.update(services=late)),
        (
            "delivery:services.web.environment.QUEUE",
            lambda given, late: given["services"]["web"].update(environment={"QUEUE": late}),
        ),
    ],
)
def test_what_another_resource_answers_is_refused_where_it_stands(path: str, change: object) -> None:
    assert callable(change)
    given = raw_settings()

    def declared() -> object:
        change(given, pulumi.Output.from_input("vpc-00000000000000001"))
        return declare(given)

    with pytest.raises(pulumi.RunError, match=f"^{path} is an Output"):
        deployed(declared)


def test_a_value_that_is_wrong_is_told_like_one_in_the_stacks_file() -> None:
    given = raw_settings()
    given["services"]["web"]["cpu"] = 300
    with pytest.raises(pulumi.RunError, match=r"delivery:services\.web"):
        _declared(given)

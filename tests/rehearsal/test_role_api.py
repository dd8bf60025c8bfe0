"""IAM's GetRole at the endpoint, asked by boto3.

Documents: IAM/latest/APIReference/API_GetRole; the Service Authorization Reference's page of IAM (a role's own ARN).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.running.apis import identity_api
from tests.rehearsal.asking import as_role, refused
from tests.rehearsal.endpoint_world import Endpoint, endpoint

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    folder: Path = tmp_path_factory.mktemp("roles")
    with endpoint(folder) as made:
        made.gateway.answer_by(identity_api(made.cloud))
        made.cloud.authority.put_role(made.cloud.place.iam_arn("role/owners/web"), TRUST)
        yield made


def test_a_role_is_told_with_its_path_and_its_trust(world: Endpoint) -> None:
    role = world.cloud.client("iam").get_role(RoleName="web")["Role"]
    assert (role["Arn"], role["Path"]) == (world.cloud.place.iam_arn("role/owners/web"), "/owners/")
    assert role["AssumeRolePolicyDocument"] == TRUST, "boto3 decodes what IAM encodes"


def test_one_that_is_not_there_is_said_in_iams_words(world: Endpoint) -> None:
    said = refused(world.cloud.client("iam").get_role, RoleName="wbe")
    assert said == "NoSuchEntity: The role with name wbe cannot be found."


def test_who_may_ask_for_one_role_may_not_ask_for_another(world: Endpoint) -> None:
    own = world.cloud.place.iam_arn("role/owners/web")
    iam = as_role(world.cloud, "iam", iam_GetRole=own)
    assert iam.get_role(RoleName="web")["Role"]["Arn"] == own
    said = refused(iam.get_role, RoleName="operator")
    assert f"perform: iam:GetRole on resource: {world.cloud.place.iam_arn('role/operator')}" in said

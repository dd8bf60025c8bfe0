"""Roles and their policies: handed to the authority that decides every call."""

import json

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, InUse, Kind, Made, refuse_taken


def role_arn(cloud: Cloud, name: str) -> str:
    """ARN of a role of the local cloud."""
    return cloud.place.iam_arn(f"role/{name}")


def _role(cloud: Cloud, inputs: Inputs) -> Made:
    made = role_arn(cloud, inputs["name"])
    cloud.authority.put_role(made, json.loads(inputs["assumeRolePolicy"]))
    return inputs["name"], {"arn": made, "uniqueId": f"AROA{inputs['name'].upper()[:12]}"}


def _remove_role(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    """IAM keeps a role that still has inline policies (IAM User Guide, id_roles_manage_delete)."""
    role = role_arn(cloud, resource_id)
    if cloud.authority.policies(role):
        raise InUse("DeleteConflict: Cannot delete entity, must delete policies first.")
    cloud.authority.remove_role(role)


def _policy(cloud: Cloud, inputs: Inputs) -> Made:
    cloud.authority.put_policy(role_arn(cloud, inputs["role"]), inputs["name"], json.loads(inputs["policy"]))
    return f"{inputs['role']}:{inputs['name']}", {}


def _remove_policy(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    role, _, name = resource_id.partition(":")
    cloud.authority.remove_policy(role_arn(cloud, role), name)


ROLE = "aws:iam/role:Role"

KINDS = {
    ROLE: Kind(
        _role,
        _remove_role,
        refuse=refuse_taken(
            ROLE, "EntityAlreadyExists: Role with name {name} already exists."
        ),  # API_CreateRole
        replaced_by=frozenset({"name"}),
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        _policy, _remove_policy, longest=128, replaced_by=frozenset({"name", "role"})
    ),
}

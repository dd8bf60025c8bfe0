"""Repositories: real ones, which Docker and the registry protocol reach through the gateway."""

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn, refuse_taken


def _repository(cloud: Cloud, inputs: Inputs) -> Made:
    ecr = cloud.client("ecr")
    name = inputs["name"]
    rule = {
        "imageTagMutability": inputs.get("imageTagMutability", "MUTABLE"),
        "imageTagMutabilityExclusionFilters": [
            {"filterType": one["filterType"], "filter": one["filter"]}
            for one in inputs.get("imageTagMutabilityExclusionFilters") or []
        ],
    }
    try:
        ecr.create_repository(repositoryName=name, **rule)
    except ecr.exceptions.RepositoryAlreadyExistsException:
        ecr.put_image_tag_mutability(repositoryName=name, **rule)
    return name, {
        "arn": arn(cloud, "ecr", f"repository/{name}"),
        "registryId": cloud.place.account,
        "repositoryUrl": f"{cloud.place.registry}/{name}",
    }


def _remove_repository(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:
    """ECR refuses to delete a repository with images unless told to (RepositoryNotEmptyException)."""
    cloud.client("ecr").delete_repository(repositoryName=resource_id, force=bool(inputs.get("forceDelete")))


def _lifecycle(cloud: Cloud, inputs: Inputs) -> Made:
    cloud.client("ecr").put_lifecycle_policy(
        repositoryName=inputs["repository"], lifecyclePolicyText=inputs["policy"]
    )
    return inputs["repository"], {"registryId": cloud.place.account}


REPOSITORY = "aws:ecr/repository:Repository"

KINDS = {
    REPOSITORY: Kind(
        _repository,
        _remove_repository,
        longest=256,
        refuse=refuse_taken(
            REPOSITORY,
            "RepositoryAlreadyExistsException: The repository with name '{name}' already exists in the registry",
        ),  # API_CreateRepository
        replaced_by=frozenset({"name"}),
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Kind(
        _lifecycle, named=None, replaced_by=frozenset({"repository"})
    ),
}

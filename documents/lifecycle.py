"""The ECR lifecycle policy: what may expire without taking a rollback's digest away."""

from typing import Any


def lifecycle(tag: str, keep_images: int, keep_untagged_days: int) -> dict[str, Any]:
    """Lifecycle rules for a repository with one moving tag (Amazon ECR User Guide, lifecycle_policy_parameters).

    A push under the moving tag leaves the image before it untagged unless it has a unique tag too, and ECR does not
    know which digests ECS runs. So untagged images stay by age only, long enough for any rollback, and tagged ones by
    number. The moving tag's own rule comes first: an image that a rule of higher priority selects is never expired by
    a lower one, so the image of the moving tag can't go however many are pushed.
    """
    return {
        "rules": [
            {
                "rulePriority": 1,
                "description": f"the image under {tag} always stays",
                "selection": {
                    "tagStatus": "tagged",
                    "tagPatternList": [tag],
                    "countType": "imageCountMoreThan",
                    "countNumber": 1,
                },
                "action": {"type": "expire"},
            },
            {
                "rulePriority": 2,
                "description": f"untagged images stay {keep_untagged_days} days",
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": keep_untagged_days,
                },
                "action": {"type": "expire"},
            },
            {
                "rulePriority": 3,
                "description": f"{keep_images} tagged images stay",
                "selection": {
                    "tagStatus": "tagged",
                    "tagPatternList": ["*"],
                    "countType": "imageCountMoreThan",
                    "countNumber": keep_images,
                },
                "action": {"type": "expire"},
            },
        ]
    }

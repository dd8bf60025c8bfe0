"""The statements each role needs, and no more: one function for one thing a role does.

Resources may be values that are known later (Pulumi outputs); nothing here looks into them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from documents import arns
from documents.place import Place
from documents.policy import Statement, allow

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def log_in_to_registry() -> Statement:
    """`ecr:GetAuthorizationToken` knows no resource (Service Authorization Reference, Amazon ECR)."""
    return allow("ecr:GetAuthorizationToken", on="*")


def pull(repositories: Sequence[Any]) -> list[Statement]:
    """Pull images of these repositories (Amazon ECS Developer Guide, task_execution_IAM_role)."""
    return [log_in_to_registry(), allow(*PULL, on=list(repositories))]


def fill_cache(repositories: Sequence[Any]) -> list[Statement]:
    """Be the first to pull an image through a cache: import it, and make the repository it goes to.

    Amazon ECR User Guide, pull-through-cache-iam.
    """
    if not repositories:
        return []
    return [allow("ecr:BatchImportUpstreamImage", "ecr:CreateRepository", on=list(repositories))]


def push(repository: Any) -> list[Statement]:
    """Push images to one repository, and nothing else (Amazon ECR User Guide, image-push-iam)."""
    return [
        log_in_to_registry(),
        allow(
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
            on=repository,
        ),
    ]


def read_tags(repository: Any) -> Statement:
    """Ask which digest a tag is on."""
    return allow("ecr:DescribeImages", on=repository)


def tag_images(repository: Any) -> Statement:
    """Put a tag on an image that is there already (Amazon ECR User Guide, image-retag); reading it is part of `pull`."""
    return allow("ecr:PutImage", on=repository)


def write_logs(place: Place, log_group: str) -> Statement:
    """Write to the streams of one existing log group."""
    return allow(
        "logs:CreateLogStream", "logs:PutLogEvents", on=place.arn("logs", f"log-group:{log_group}:*")
    )


def read_secrets(
    place: Place, secrets: Sequence[str], parameters: Sequence[str], keys: Sequence[str]
) -> list[Statement]:
    """Read exactly these secrets (by ARN) and SSM parameters (by name), decrypting with exactly these customer keys.

    Secrets under AWS's own keys need no kms grant (Amazon ECS Developer Guide, task_execution_IAM_role).
    """
    statements: list[Statement] = []
    if secrets:
        statements.append(allow("secretsmanager:GetSecretValue", on=sorted(set(secrets))))
    if parameters:
        arns = sorted(
            {
                name if name.startswith("arn:") else place.arn("ssm", f"parameter/{name.removeprefix('/')}")
                for name in parameters
            }
        )
        statements.append(allow("ssm:GetParameters", on=arns))
    return [*statements, *_decrypt(place, keys)]


def _decrypt(place: Place, keys: Sequence[str]) -> list[Statement]:
    """A key works for the secrets of its own Region only, and the condition names the service of that Region."""
    regions: dict[str, set[str]] = {}
    for key in keys:
        regions.setdefault(arns.parse(key).region, set()).add(key)
    return [
        allow(
            "kms:Decrypt",
            on=sorted(of_region),
            when={
                "StringEquals": {
                    "kms:ViaService": [
                        place.elsewhere(region=region).via(service) for service in ("secretsmanager", "ssm")
                    ]
                }
            },
        )
        for region, of_region in sorted(regions.items())
    ]


def read_image(repository: Any) -> Statement:
    """Read an image's manifests and its configuration, which is a blob like a layer, without logging in to pull it."""
    return allow("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", on=repository)


def read_deployments(place: Place, name: str) -> Statement:
    """Look at a deployment group, which is called like its application, and at its deployments."""
    return allow(
        "codedeploy:GetDeployment",
        "codedeploy:GetDeploymentGroup",
        "codedeploy:ListDeployments",
        on=[place.arn("codedeploy", f"deploymentgroup:{name}/{name}")],
    )


def read_project(project: Any) -> Statement:
    """Look at a build project's declaration."""
    return allow("codebuild:BatchGetProjects", on=project)


def read_parameter(place: Place, name: str) -> Statement:
    """Read one parameter, given by its name with the slash before it."""
    return allow("ssm:GetParameter", on=place.arn("ssm", f"parameter{name}"))


def register_task_definitions() -> Statement:
    """As documented with `*`: the revision does not exist yet (CodePipeline User Guide, action-reference-ECSbluegreen)."""
    return allow("ecs:RegisterTaskDefinition", on="*")


def pass_roles(roles: Sequence[Any], services: Sequence[str]) -> Statement:
    """Hand exactly these roles to exactly these services."""
    return allow(
        "iam:PassRole", on=list(roles), when={"StringEquals": {"iam:PassedToService": list(services)}}
    )


def roll_out(  # noqa: PLR0913, PLR0917  (what a rollout touches)
    place: Place, cluster: str, service: str, family: str, roles: Sequence[Any], log_group: str
) -> list[Statement]:
    """What the step `rollout` does to one service: register, deploy, watch, move back what takes too long, and tell why.

    `family` is that of the revisions it is updated to, `roles` are those of its tasks. Actions on a deployment or a revision are
    authorized on the service too, so all of them stand in one statement, as AWS's own example has them (Amazon ECS Developer
    Guide, service-deployment-permissions); apart they would name the service four times in a policy of which IAM takes 10,240
    characters. Task definitions are described on `*`, tasks
    are listed by their cluster (Service Authorization Reference, Amazon ECS); a tag on creation is asked for besides (Amazon ECS
    Developer Guide, supported-iam-actions-tagging). What a stopped task said last stands in its log group.
    """
    mine = f"{cluster}/{service}"
    return [
        register_task_definitions(),
        allow(
            "ecs:TagResource",
            on=place.arn("ecs", f"task-definition/{family}:*"),
            when={"StringEquals": {"ecs:CreateAction": "RegisterTaskDefinition"}},
        ),
        pass_roles(roles, ["ecs-tasks.amazonaws.com"]),
        allow(
            "ecs:DescribeServiceDeployments",
            "ecs:DescribeServiceRevisions",
            "ecs:DescribeServices",
            "ecs:ListServiceDeployments",
            "ecs:StopServiceDeployment",
            "ecs:UpdateService",
            on=[
                place.arn("ecs", f"service/{mine}"),
                place.arn("ecs", f"service-deployment/{mine}/*"),
                place.arn("ecs", f"service-revision/{mine}/*"),
            ],
        ),
        allow("ecs:DescribeTaskDefinition", on="*"),
        allow(
            "ecs:ListTasks",
            on="*",
            when={"ArnEquals": {"ecs:cluster": place.arn("ecs", f"cluster/{cluster}")}},
        ),
        allow("ecs:DescribeTasks", on=place.arn("ecs", f"task/{cluster}/*")),
        allow("logs:GetLogEvents", on=place.arn("logs", f"log-group:{log_group}:*")),
    ]


def shift_traffic(
    place: Place, cluster: str, service: str, listeners: Sequence[Any], rules: Sequence[Any]
) -> list[Statement]:
    """What CodeDeploy does to one service, whose traffic comes by default actions of listeners or by rules (ARNs).

    The actions are those of AWS's managed policy AWSCodeDeployRoleForECS; the resources are narrowed to what the
    Service Authorization Reference offers. CreateTaskSet and the load balancer's Describe actions know no resource.
    """
    service_arn = place.arn("ecs", f"service/{cluster}/{service}")
    return [
        allow("ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet", on=service_arn),
        allow("ecs:DeleteTaskSet", on=place.arn("ecs", f"task-set/{cluster}/{service}/*")),
        allow(
            "ecs:CreateTaskSet",
            on="*",
            when={
                "ArnEquals": {
                    "ecs:cluster": place.arn("ecs", f"cluster/{cluster}"),
                    "ecs:service": service_arn,
                }
            },
        ),
        allow(
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTargetGroups",
            on="*",
        ),
        *([allow("elasticloadbalancing:ModifyListener", on=list(listeners))] if listeners else []),
        *([allow("elasticloadbalancing:ModifyRule", on=list(rules))] if rules else []),
    ]


def look_at_traffic(service: Any) -> list[Statement]:
    """Look at a service that others made, and at what stands in front of it; the load balancer's Describe actions know no resource."""
    return [
        allow("ecs:DescribeServices", on=service),
        allow("elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetGroups", on="*"),
    ]


def look_at_roles(roles: Sequence[str]) -> list[Statement]:
    """Read whom roles trust (Service Authorization Reference, AWS Identity and Access Management)."""
    return [allow("iam:GetRole", on=sorted(set(roles)))] if roles else []


def shift_weights(
    target_groups: Sequence[Any], rules: Sequence[Any], listeners: Sequence[Any]
) -> list[Statement]:
    """What ECS does to one service's rules, their listeners and target groups.

    The actions are those of AWS's managed policy AmazonECSInfrastructureRolePolicyForLoadBalancers; the resources are narrowed to
    what the Service Authorization Reference offers. The Describe actions know none. A shift of an Application Load Balancer's
    traffic is documented to ask for ModifyListener too (Amazon ECS Developer Guide, troubleshooting-blue-green).
    """
    return [
        allow(
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
            on="*",
        ),
        allow(
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:RegisterTargets",
            on=list(target_groups),
        ),
        allow("elasticloadbalancing:ModifyListener", on=list(listeners)),
        allow("elasticloadbalancing:ModifyRule", on=list(rules)),
    ]


def read_alarms(place: Place) -> Statement:
    """CodeDeploy asks for the group's alarms; DescribeAlarms is decided on all alarms of the account."""
    return allow("cloudwatch:DescribeAlarms", on=place.arn("cloudwatch", "alarm:*"))


def call_hooks(functions: Mapping[str, str]) -> list[Statement]:
    """Call the Lambda functions of a deployment's hooks."""
    return [allow("lambda:InvokeFunction", on=sorted(set(functions.values())))] if functions else []


def read_revisions(objects: Any) -> Statement:
    """Read the AppSpec from the artifacts, as AWSCodeDeployRoleForECS allows for all of S3.

    Whether the action hands the AppSpec over inline or as an S3 revision is not documented.
    """
    return allow("s3:GetObject", "s3:GetObjectVersion", on=objects)

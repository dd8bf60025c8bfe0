"""The statements that actions of a pipeline need, what starts it, and what the builds and functions behind them do for it."""

from collections.abc import Sequence
from typing import Any

from documents.place import Place
from documents.policy import Statement, allow


def build_in_vpc(place: Place, subnets: Sequence[str], owner: str | None = None) -> list[Statement]:
    """What CodeBuild needs to run in a VPC (CodeBuild User Guide, auth-and-access-control-iam-identity-based-access-control).

    `owner` is the account that shares its subnets with this one; their ARNs carry its number (Amazon VPC User Guide,
    vpc-sharing), while the network interface belongs to this account.
    The describing and creating actions take `*` as documented: network interfaces do not exist yet when they are asked for.
    """
    shared = place.elsewhere(account=owner or "")
    return [
        allow(
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            on="*",
        ),
        allow(
            "ec2:CreateNetworkInterfacePermission",
            on=place.arn("ec2", "network-interface/*"),
            when={
                "StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
                "ArnEquals": {"ec2:Subnet": [shared.arn("ec2", f"subnet/{subnet}") for subnet in subnets]},
            },
        ),
    ]


def start_build(project: Any) -> Statement:
    """The CodeBuild action (CodePipeline User Guide, action-reference-CodeBuild)."""
    return allow("codebuild:BatchGetBuilds", "codebuild:StartBuild", on=project)


def invoke_function(function: Any) -> list[Statement]:
    """The Lambda action (CodePipeline User Guide, actions-invoke-lambda-function, step 1).

    `lambda:ListFunctions` knows no resource (Service Authorization Reference, AWS Lambda).
    """
    return [allow("lambda:InvokeFunction", on=function), allow("lambda:ListFunctions", on="*")]


def answer_jobs() -> Statement:
    """Say how a pipeline's job went; a job is no resource (Service Authorization Reference, AWS CodePipeline)."""
    return allow("codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult", on="*")


def start_pipeline(pipeline: Any) -> Statement:
    """The rule's role (CodePipeline User Guide, create-cwe-ecr-source-cli)."""
    return allow("codepipeline:StartPipelineExecution", on=pipeline)


def deploy_to_ecs(place: Place, application: str, group: str, configuration: str) -> list[Statement]:
    """The CodeDeployToECS action, one service (CodePipeline User Guide, action-reference-ECSbluegreen)."""
    return [
        allow(
            "codedeploy:CreateDeployment",
            "codedeploy:GetDeployment",
            on=place.arn("codedeploy", f"deploymentgroup:{application}/{group}"),
        ),
        allow(
            "codedeploy:GetApplication",
            "codedeploy:GetApplicationRevision",
            "codedeploy:RegisterApplicationRevision",
            on=[
                place.arn("codedeploy", f"application:{application}"),
                place.arn("codedeploy", f"application:{application}/*"),
            ],
        ),
        allow(
            "codedeploy:GetDeploymentConfig", on=place.arn("codedeploy", f"deploymentconfig:{configuration}")
        ),
    ]

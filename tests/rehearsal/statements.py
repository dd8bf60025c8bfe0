"""Every statement that the stack's roles are granted, and how a release shows that it is needed."""

from collections.abc import Mapping

REPLAYED = "a release whose build is an earlier one's"
BUILT = "a release whose build migrates"
SKIPPED = "a release whose build skips the migration"
PUSHED = "a release that a push started, whose build migrates"
EVENT = "the event of a push"
PUSH = "a push"

STATEMENTS: Mapping[str, Mapping[str, str]] = {
    "image-push-role": {
        "ecr:GetAuthorizationToken": PUSH,
        "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:CompleteLayerUpload ecr:InitiateLayerUpload "
        "ecr:PutImage ecr:UploadLayerPart": PUSH,
    },
    "push-role": {"codepipeline:StartPipelineExecution": EVENT},
    "delivery-role": {
        "s3:GetObject s3:GetObjectTagging s3:GetObjectVersion s3:GetObjectVersionTagging s3:PutObject "
        "s3:PutObjectAcl s3:PutObjectTagging": REPLAYED,
        "ecr:DescribeImages": REPLAYED,
        "codebuild:BatchGetBuilds codebuild:StartBuild": REPLAYED,
        "codedeploy:CreateDeployment codedeploy:GetDeployment": REPLAYED,
        "codedeploy:GetApplication codedeploy:GetApplicationRevision codedeploy:RegisterApplicationRevision": REPLAYED,
        "codedeploy:GetDeploymentConfig": REPLAYED,
        "ecs:RegisterTaskDefinition": REPLAYED,
        "iam:PassRole": REPLAYED,
    },
    "migration-role": {
        "ecr:GetAuthorizationToken": BUILT,
        "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer": BUILT,
        "ecr:DescribeImages": PUSHED,
        "s3:GetObject s3:GetObjectVersion s3:PutObject": SKIPPED,
        "s3:ListBucket": SKIPPED,
        "s3:GetObject": SKIPPED,
        "secretsmanager:GetSecretValue": SKIPPED,
        "logs:CreateLogStream logs:PutLogEvents": SKIPPED,
        "ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeDhcpOptions "
        "ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs": SKIPPED,
        "ec2:CreateNetworkInterfacePermission": SKIPPED,
    },
    "web-deployment-role": {
        "ecs:DescribeServices ecs:UpdateServicePrimaryTaskSet": REPLAYED,
        "ecs:CreateTaskSet": REPLAYED,
        "ecs:DeleteTaskSet": REPLAYED,
        "elasticloadbalancing:DescribeListeners elasticloadbalancing:DescribeRules "
        "elasticloadbalancing:DescribeTargetGroups": REPLAYED,
        "elasticloadbalancing:ModifyListener": REPLAYED,
        "cloudwatch:DescribeAlarms": REPLAYED,
        "iam:PassRole": REPLAYED,
    },
    "web-execution-role": {
        "ecr:GetAuthorizationToken": REPLAYED,
        "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer": REPLAYED,
        "logs:CreateLogStream logs:PutLogEvents": REPLAYED,
        "secretsmanager:GetSecretValue": REPLAYED,
    },
    "web-task-role": {},
}
"""By role, by the actions of a statement: what stops when it is taken away."""

UNSEEN: Mapping[str, Mapping[str, str]] = {
    "delivery-role": {},
    "migration-role": {},
    "web-deployment-role": {},
}
"""Actions that are granted and that no rehearsal asks for, each with the reason it is granted all the same."""

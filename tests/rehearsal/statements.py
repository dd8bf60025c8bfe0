"""Every statement that the stack's roles are granted, and how a release shows that it is needed."""

from collections.abc import Mapping

REPLAYED = "a release whose build is an earlier one's"
BUILT = "a release whose build migrates"
SKIPPED = "a release whose build skips the migration"
CHECKED = "a release that is checked"
PUSHED = "a release that a push started, and that is checked"
JUDGED = "a release of which not everything is judged"
LOGGED = "a release whose check writes no log"
ANSWERED = "a release whose check is not heard"
EVENT = "the event of a push"
PUSH = "a push"
NOTHING = "nothing here: UNSEEN has the reason of each action"

STATEMENTS: Mapping[str, Mapping[str, str]] = {
    "image-push-role": {
        "ecr:GetAuthorizationToken": PUSH,
        "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:CompleteLayerUpload ecr:InitiateLayerUpload "
        "ecr:PutImage ecr:UploadLayerPart": PUSH,
    },
    "push-role": {"codepipeline:StartPipelineExecution": EVENT},
    "delivery-role": {
        "s3:GetBucketAcl s3:GetBucketLocation s3:GetBucketVersioning": NOTHING,
        "s3:GetObject s3:GetObjectTagging s3:GetObjectVersion s3:GetObjectVersionTagging s3:PutObject "
        "s3:PutObjectAcl s3:PutObjectTagging": REPLAYED,
        "ecr:DescribeImages": REPLAYED,
        "codebuild:BatchGetBuilds codebuild:StartBuild": REPLAYED,
        "codedeploy:CreateDeployment codedeploy:GetDeployment": REPLAYED,
        "codedeploy:GetApplication codedeploy:GetApplicationRevision codedeploy:RegisterApplicationRevision": REPLAYED,
        "codedeploy:GetDeploymentConfig": REPLAYED,
        "ecs:RegisterTaskDefinition": REPLAYED,
        "iam:PassRole": REPLAYED,
        "lambda:InvokeFunction": CHECKED,
        "lambda:ListFunctions": CHECKED,
    },
    "release-role": {
        "codepipeline:PutJobFailureResult codepipeline:PutJobSuccessResult": ANSWERED,
        "ssm:GetParameter": CHECKED,
        "ecr:DescribeImages": PUSHED,
        "ecr:BatchGetImage ecr:GetDownloadUrlForLayer": CHECKED,
        "s3:ListBucket": CHECKED,
        "s3:GetObject": CHECKED,
        "codedeploy:GetDeployment codedeploy:GetDeploymentGroup codedeploy:ListDeployments": CHECKED,
        "cloudwatch:DescribeAlarms": CHECKED,
        "codebuild:BatchGetProjects": CHECKED,
        "secretsmanager:GetSecretValue": JUDGED,
        "logs:CreateLogStream logs:PutLogEvents": LOGGED,
    },
    "migration-role": {
        "ecr:GetAuthorizationToken": BUILT,
        "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer": BUILT,
        "ecr:PutImage": SKIPPED,
        "s3:GetBucketAcl s3:GetBucketLocation": NOTHING,
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
        "s3:GetObject s3:GetObjectVersion": NOTHING,
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

_PIPELINE = "in CodePipeline's own minimum (codepipeline/latest/userguide/how-to-custom-role); when it asks is not documented"
_TAGS = "as above; that page's note asks for it where a source bucket's objects have tags"
_UNVERSIONED = "the bucket is versioned, so artifacts are read by version; AWS's minimum names both"
_BUILD = "in CodeBuild's own minimum (codebuild/latest/userguide/setting-up-service-role), S3BucketIdentity"
_DOCKER = "Docker and ECR's other clients ask for it; the rehearsal's client of the registry does without"
_REVISION = "whether CodeDeployToECS hands the AppSpec over inline or in S3 is not documented (AWSCodeDeployRoleForECS)"

UNSEEN: Mapping[str, Mapping[str, str]] = {
    "image-push-role": {
        "ecr:BatchGetImage": _DOCKER,
        "ecr:UploadLayerPart": "Docker uploads in parts; the rehearsal's client uploads whole layers",
    },
    "delivery-role": {
        "s3:GetBucketAcl": _PIPELINE,
        "s3:GetBucketLocation": _PIPELINE,
        "s3:GetBucketVersioning": _PIPELINE,
        "s3:GetObject": _UNVERSIONED,
        "s3:GetObjectTagging": _TAGS,
        "s3:GetObjectVersionTagging": _TAGS,
        "s3:PutObjectAcl": _PIPELINE,
        "s3:PutObjectTagging": _TAGS,
    },
    "migration-role": {
        "ecr:BatchCheckLayerAvailability": _DOCKER,
        "s3:GetBucketAcl": _BUILD,
        "s3:GetBucketLocation": _BUILD,
    },
    "release-role": {
        "codedeploy:GetDeployment": "asked of a deployment that is under way",
        "codepipeline:PutJobFailureResult": "the answer that refuses a release",
    },
    "web-deployment-role": {"s3:GetObject": _REVISION, "s3:GetObjectVersion": _REVISION},
}
"""Actions that are granted and that no rehearsal asks for, each with the reason it is granted all the same."""

UNSEEN_OF_ECS: Mapping[str, Mapping[str, str]] = {
    "delivery-role": {
        "s3:GetObjectVersion": "the release function's actions read no artifact; AWS's minimum names it"
    },
    "release-role": {
        "ecs:StopServiceDeployment": "asked of a deployment that takes too long",
        "logs:GetLogEvents": "asked about a deployment that failed",
    },
    "web-deployment-role": {
        "elasticloadbalancing:ModifyListener": "AWS shows a shift that failed without it (troubleshooting-blue-green)",
    },
}
"""The same of stacks that ECS moves."""

"""What making, changing, reading and removing each declared type takes: the provider's calls as IAM actions.

The calls are those of the provider's own source for each resource (hashicorp/terraform-provider-aws, which pulumi-aws wraps);
which resource an action can be narrowed to is what the Service Authorization Reference says of it.
"""

from collections.abc import Mapping, Sequence

ANY = "any"
"""For actions that know no resource, or that AWS decides on before the resource has an id."""


def _tagged(service: str) -> tuple[str, ...]:
    return (f"{service}:ListTagsForResource", f"{service}:TagResource", f"{service}:UntagResource")


_RULE = ("events:DescribeRule", "events:DeleteRule", "events:PutRule", *_tagged("events"))
_ELB_TAGS = ("elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags")

Actions = Mapping[str, Sequence[str]]

TYPES: Mapping[str, Actions] = {
    "aws:cloudwatch/eventRule:EventRule": {"rule": _RULE},
    "aws:cloudwatch/eventTarget:EventTarget": {
        "rule": ("events:ListTargetsByRule", "events:PutTargets", "events:RemoveTargets")
    },
    "aws:cloudwatch/logGroup:LogGroup": {
        ANY: ("logs:DescribeLogGroups",),
        "log-group": (
            "logs:CreateLogGroup",
            "logs:DeleteLogGroup",
            "logs:DeleteRetentionPolicy",
            "logs:PutRetentionPolicy",
            *_tagged("logs"),
        ),
    },
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "alarm": (
            "cloudwatch:DeleteAlarms",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:PutMetricAlarm",
            *_tagged("cloudwatch"),
        )
    },
    "aws:codebuild/project:Project": {
        "project": (
            "codebuild:BatchGetProjects",
            "codebuild:CreateProject",
            "codebuild:DeleteProject",
            "codebuild:UpdateProject",
        )
    },
    "aws:codedeploy/application:Application": {
        "codedeploy": (
            "codedeploy:CreateApplication",
            "codedeploy:DeleteApplication",
            "codedeploy:GetApplication",
            "codedeploy:UpdateApplication",
            *_tagged("codedeploy"),
        )
    },
    "aws:codedeploy/deploymentConfig:DeploymentConfig": {
        "deployment-configuration": (
            "codedeploy:CreateDeploymentConfig",
            "codedeploy:DeleteDeploymentConfig",
            "codedeploy:GetDeploymentConfig",
        )
    },
    "aws:codedeploy/deploymentGroup:DeploymentGroup": {
        "codedeploy": (
            "codedeploy:CreateDeploymentGroup",
            "codedeploy:DeleteDeploymentGroup",
            "codedeploy:GetDeploymentGroup",
            "codedeploy:UpdateDeploymentGroup",
            *_tagged("codedeploy"),
        )
    },
    "aws:codepipeline/pipeline:Pipeline": {
        "pipeline": (
            "codepipeline:CreatePipeline",
            "codepipeline:DeletePipeline",
            "codepipeline:GetPipeline",
            "codepipeline:UpdatePipeline",
            *_tagged("codepipeline"),
        )
    },
    "aws:lambda/function:Function": {
        "function": (
            "lambda:CreateFunction",
            "lambda:DeleteFunction",
            "lambda:GetFunction",
            "lambda:GetFunctionCodeSigningConfig",
            "lambda:ListTags",
            "lambda:ListVersionsByFunction",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        )
    },
    "aws:ec2/securityGroup:SecurityGroup": {
        ANY: (
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteTags",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
        )
    },
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
        ANY: (
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateTags",
            "ec2:DeleteTags",
            "ec2:DescribeSecurityGroupRules",
            "ec2:ModifySecurityGroupRules",
            "ec2:RevokeSecurityGroupIngress",
        )
    },
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
        "repository": ("ecr:DeleteLifecyclePolicy", "ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy")
    },
    "aws:ecr/repository:Repository": {
        "repository": (
            "ecr:CreateRepository",
            "ecr:DeleteRepository",
            "ecr:DescribeRepositories",
            "ecr:PutImageScanningConfiguration",
            "ecr:PutImageTagMutability",
            *_tagged("ecr"),
        )
    },
    "aws:ecs/service:Service": {
        "service": (
            "ecs:CreateService",
            "ecs:DeleteService",
            "ecs:DescribeServices",
            "ecs:UpdateService",
            *_tagged("ecs"),
        )
    },
    "aws:ecs/taskDefinition:TaskDefinition": {
        ANY: ("ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition"),
        "task-definition": ("ecs:RegisterTaskDefinition", *_tagged("ecs")),
    },
    "aws:iam/role:Role": {
        "role": (
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "iam:ListInstanceProfilesForRole",
            "iam:ListRolePolicies",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
        )
    },
    "aws:iam/rolePolicy:RolePolicy": {
        "role": ("iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy")
    },
    "aws:lb/listener:Listener": {
        ANY: (
            "elasticloadbalancing:DescribeListenerAttributes",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeTags",
        ),
        "load-balancer": ("elasticloadbalancing:CreateListener", *_ELB_TAGS),
        "listener": (
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyListenerAttributes",
            *_ELB_TAGS,
        ),
    },
    "aws:lb/listenerCertificate:ListenerCertificate": {
        ANY: ("elasticloadbalancing:DescribeListenerCertificates",),
        "listener": (
            "elasticloadbalancing:AddListenerCertificates",
            "elasticloadbalancing:RemoveListenerCertificates",
        ),
    },
    "aws:lb/listenerRule:ListenerRule": {
        ANY: ("elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags"),
        "listener": ("elasticloadbalancing:CreateRule", *_ELB_TAGS),
        "listener-rule": (
            "elasticloadbalancing:DeleteRule",
            "elasticloadbalancing:ModifyRule",
            "elasticloadbalancing:SetRulePriorities",
            *_ELB_TAGS,
        ),
    },
    "aws:lb/loadBalancer:LoadBalancer": {
        ANY: (
            "elasticloadbalancing:DescribeCapacityReservation",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
            "ec2:DescribeNetworkInterfaces",
        ),
        "load-balancer": (
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:SetIpAddressType",
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:SetSubnets",
            *_ELB_TAGS,
        ),
    },
    "aws:lb/targetGroup:TargetGroup": {
        ANY: (
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetGroups",
        ),
        "target-group": (
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            *_ELB_TAGS,
        ),
    },
    "aws:s3/bucket:Bucket": {
        "bucket": (
            "s3:CreateBucket",
            "s3:DeleteBucket",
            "s3:GetAccelerateConfiguration",
            "s3:GetBucketAcl",
            "s3:GetBucketCORS",
            "s3:GetBucketLogging",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetBucketPolicy",
            "s3:GetBucketRequestPayment",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetBucketWebsite",
            "s3:GetEncryptionConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetReplicationConfiguration",
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "s3:PutBucketTagging",
            *_tagged("s3"),
        ),
        "object": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    },
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
        "bucket": ("s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration")
    },
    "aws:s3/bucketObjectv2:BucketObjectv2": {
        "bucket": ("s3:ListBucket",),
        "object": ("s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging"),
    },
    "aws:s3/bucketPolicy:BucketPolicy": {
        "bucket": ("s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy")
    },
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
        "bucket": ("s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock")
    },
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
        "bucket": ("s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration")
    },
    "aws:s3/bucketVersioning:BucketVersioning": {
        "bucket": ("s3:GetBucketVersioning", "s3:PutBucketVersioning")
    },
    "aws:sns/topic:Topic": {
        "topic": (
            "sns:CreateTopic",
            "sns:DeleteTopic",
            "sns:GetTopicAttributes",
            "sns:SetTopicAttributes",
            *_tagged("sns"),
        )
    },
    "aws:sns/topicPolicy:TopicPolicy": {"topic": ("sns:GetTopicAttributes", "sns:SetTopicAttributes")},
    "aws:sns/topicSubscription:TopicSubscription": {
        ANY: ("sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"),
        "topic": ("sns:Subscribe",),
    },
    "aws:sqs/queue:Queue": {
        "queue": (
            "sqs:CreateQueue",
            "sqs:DeleteQueue",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ListQueueTags",
            "sqs:SetQueueAttributes",
            "sqs:TagQueue",
            "sqs:UntagQueue",
        )
    },
    "aws:sqs/queuePolicy:QueuePolicy": {"queue": ("sqs:GetQueueAttributes", "sqs:SetQueueAttributes")},
    "aws:ssm/parameter:Parameter": {
        ANY: ("ssm:DescribeParameters",),
        "parameter": (
            "ssm:AddTagsToResource",
            "ssm:DeleteParameter",
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:ListTagsForResource",
            "ssm:PutParameter",
            "ssm:RemoveTagsFromResource",
        ),
    },
}
"""What each declared type takes, by what the actions are narrowed to."""

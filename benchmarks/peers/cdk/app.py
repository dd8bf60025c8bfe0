"""The pipeline of stack stg once more, written with the AWS CDK: the same kinds of resources, in the same number where it can.

    python app.py OUTPUT_FOLDER

Prints how many resources of each CloudFormation type there are; `benchmarks/cdk.py` holds them against our program's.

What differs: CloudFormation has no object in a bucket, so the two templates are left out; what is one property there (a bucket's
versioning, encryption, expiry, public access) is a resource of its own in Pulumi. Values are those of Pulumi.stg.yaml; there is
no configuration to check.
"""

import json
import sys
from collections import Counter
from pathlib import Path

from aws_cdk import App, Aws, CfnOutput, Duration, Environment, RemovalPolicy, Stack, Tags
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_ssm as ssm
from check import Check
from names import ACCOUNT, NAME, REGION
from push import Push
from web_service import WebService

from release import Release


class Delivery(WebService, Release, Check, Push, Stack):
    """Everything of one stack."""

    def __init__(self, scope: App, name: str, **options: object) -> None:
        super().__init__(scope, name, **options)
        self.vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id="vpc-00000000000000001",
            availability_zones=["us-east-1a", "us-east-1b"],
            private_subnet_ids=["subnet-0000000000000000a", "subnet-0000000000000000b"],
            public_subnet_ids=["subnet-0000000000000001a", "subnet-0000000000000001b"],
        )
        self.database = ec2.SecurityGroup.from_security_group_id(self, "Database", "sg-000000000000000db")
        self.repository = self._repository()
        self.bucket = self._bucket()
        self.topic = self._topic()
        self._web()
        self._deployment()
        self._migration()
        self._release_function()
        self._pipeline()
        self._trigger()
        self._descriptor()

    def _repository(self) -> ecr.Repository:
        repository = ecr.Repository(
            self,
            "Image",
            repository_name="shop",
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION,
            image_tag_mutability_exclusion_filters=[ecr.ImageTagMutabilityExclusionFilter.wildcard("stg")],
            removal_policy=RemovalPolicy.RETAIN,
        )
        repository.add_lifecycle_rule(
            rule_priority=1,
            description="images that were released stay",
            tag_pattern_list=["released-*"],
            max_image_count=999_999,
        )
        repository.add_lifecycle_rule(
            rule_priority=2,
            description="the image under stg stays",
            tag_pattern_list=["stg"],
            max_image_count=1,
        )
        repository.add_lifecycle_rule(
            rule_priority=3,
            description="what was never released stays 90 days",
            tag_status=ecr.TagStatus.ANY,
            max_image_age=Duration.days(90),
        )
        provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
        push = iam.Role(
            self,
            "Push",
            role_name=f"{NAME}-push",
            assumed_by=iam.WebIdentityPrincipal(
                provider,
                {
                    "StringEquals": {
                        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                        "token.actions.githubusercontent.com:sub": ["repo:example/shop:ref:refs/heads/main"],
                    }
                },
            ),
        )
        repository.grant_pull_push(push)
        return repository

    def _bucket(self) -> s3.Bucket:
        return s3.Bucket(
            self,
            "Artifacts",
            versioned=True,
            enforce_ssl=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=[
                s3.LifecycleRule(id="artifacts", prefix=f"{NAME}/", expiration=Duration.days(90)),
                s3.LifecycleRule(
                    id="old-versions",
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                ),
            ],
        )

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Releases", topic_name=f"{NAME}-releases")
        topic.add_subscription(subscriptions.EmailSubscription("team@example.com"))
        topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
        return topic

    def _alarm(
        self, name: str, metric: cloudwatch.Metric, threshold: int, periods: int, says: str
    ) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=says,
        )

    def _descriptor(self) -> None:
        content = {
            "application": "shop",
            "stack": "stg",
            "account": Aws.ACCOUNT_ID,
            "pipeline": self.pipeline.pipeline_name,
            "project": self.project.project_name,
            "repositoryUrl": self.repository.repository_uri,
            "bucket": self.bucket.bucket_name,
            "undeliveredQueueUrl": self.queue.queue_url,
            "listenerArn": self.listener.listener_arn,
            "url": self.balancer.load_balancer_dns_name,
        }
        ssm.StringParameter(
            self, "Descriptor", parameter_name="/delivery/shop/stg", string_value=self.to_json_string(content)
        )
        for key, value in content.items():
            CfnOutput(self, f"Out{key[0].upper()}{key[1:]}", value=value)

    def _log(self, name: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            f"{name.capitalize()}Log",
            log_group_name=f"/delivery/shop/stg/{name}",
            retention=logs.RetentionDays.THREE_MONTHS,
        )


def main() -> None:
    """Synthesize."""
    app = App(outdir=sys.argv[1])
    stack = Delivery(app, "Shop", env=Environment(account=ACCOUNT, region=REGION))
    for key, value in (("application", "shop"), ("stack", "stg"), ("managed-by", "cdk")):
        Tags.of(stack).add(key, value)
    app.synth()
    template = json.loads((Path(sys.argv[1]) / "Shop.template.json").read_text(encoding="utf-8"))
    print(json.dumps(Counter(resource["Type"] for resource in template["Resources"].values())))


if __name__ == "__main__":
    main()

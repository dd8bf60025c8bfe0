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
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

BUILDSPEC = Path(__file__).resolve().parents[3] / "buildspecs" / "migrate.yml"
NAME = "shop-stg"
ACCOUNT, REGION = "123456789012", "us-east-1"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/stg/database-AbCdEf"
PORT = 8080
SERVER = "#" * 1400
"""As long as the first revision's own text."""


class Delivery(Stack):
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

    def _web(self) -> None:
        self.web_log = self._log("web")
        self.execution_role = iam.Role(
            self,
            "Execution",
            role_name=f"{NAME}-web-execution",
            assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
        )
        self.repository.grant_pull(self.execution_role)
        self.task_role = iam.Role(
            self,
            "Task",
            role_name=f"{NAME}-web-task",
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT}}
            ),
        )
        secret = secretsmanager.Secret.from_secret_complete_arn(self, "DatabaseUrl", SECRET)
        task = ecs.FargateTaskDefinition(
            self,
            "FirstRevision",
            family=f"{NAME}-web",
            cpu=256,
            memory_limit_mib=512,
            execution_role=self.execution_role,
            task_role=self.task_role,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.X86_64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        task.add_container(
            "app",
            image=ecs.ContainerImage.from_registry("public.ecr.aws/docker/library/ruby:3-alpine"),
            command=["ruby", "-e", SERVER, f"{PORT}:HTTP"],
            port_mappings=[ecs.PortMapping(container_port=PORT)],
            secrets={"DATABASE_URL": ecs.Secret.from_secrets_manager(secret, "url")},
            logging=ecs.LogDrivers.aws_logs(stream_prefix="app", log_group=self.web_log),
            stop_timeout=Duration.seconds(2),
        )
        balancer_group = ec2.SecurityGroup(
            self, "BalancerGroup", vpc=self.vpc, description="Load balancer of web"
        )
        balancer_group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(80))
        web_group = ec2.SecurityGroup(self, "WebGroup", vpc=self.vpc, description=f"Tasks of {NAME}-web")
        web_group.add_ingress_rule(balancer_group, ec2.Port.tcp(PORT))
        self.database.add_ingress_rule(web_group, ec2.Port.tcp(5432), f"web of {NAME}")
        balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=self.vpc,
            internet_facing=True,
            security_group=balancer_group,
            drop_invalid_header_fields=True,
        )
        self.blue, self.green = self._target_group("Blue"), self._target_group("Green")
        self.listener = balancer.add_listener(
            "Listener",
            port=80,
            protocol=elb.ApplicationProtocol.HTTP,
            open=False,
            default_action=elb.ListenerAction.forward([self.blue]),
        )
        cluster = ecs.Cluster.from_cluster_attributes(
            self, "Cluster", cluster_name="apps-stg", vpc=self.vpc, security_groups=[]
        )
        self.service = ecs.FargateService(
            self,
            "Service",
            service_name=f"{NAME}-web",
            cluster=cluster,
            task_definition=task,
            desired_count=1,
            security_groups=[web_group],
            deployment_controller=ecs.DeploymentController(type=ecs.DeploymentControllerType.CODE_DEPLOY),
            health_check_grace_period=Duration.seconds(60),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )
        self.service.attach_to_application_target_group(self.blue)
        self.balancer = balancer

    def _target_group(self, name: str) -> elb.ApplicationTargetGroup:
        return elb.ApplicationTargetGroup(
            self,
            name,
            vpc=self.vpc,
            port=PORT,
            protocol=elb.ApplicationProtocol.HTTP,
            target_type=elb.TargetType.IP,
            deregistration_delay=Duration.seconds(30),
            health_check=elb.HealthCheck(
                path="/healthz",
                healthy_http_codes="200",
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )

    def _deployment(self) -> None:
        alarms: list[cloudwatch.IAlarm] = []
        for name, group in (("Blue", self.blue), ("Green", self.green)):
            errors = self._metric(group, "HTTPCode_Target_5XX_Count", "Sum")
            unhealthy = self._metric(group, "UnHealthyHostCount", "Maximum")
            alarms += [
                self._alarm(f"{name}ServerErrors", errors, 10, 1, "The application answers with 5xx"),
                self._alarm(f"{name}Unhealthy", unhealthy, 1, 3, "A target fails its health check"),
            ]
        application = codedeploy.EcsApplication(self, "Application", application_name=f"{NAME}-web")
        role = iam.Role(
            self,
            "Deploy",
            role_name=f"{NAME}-web-deploy",
            assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
        )
        self.bucket.grant_read(role)
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"], resources=[self.execution_role.role_arn, self.task_role.role_arn]
            )
        )
        self.group = codedeploy.EcsDeploymentGroup(
            self,
            "Group",
            application=application,
            deployment_group_name=f"{NAME}-web",
            deployment_config=codedeploy.EcsDeploymentConfig.ALL_AT_ONCE,
            role=role,
            service=self.service,
            alarms=alarms,
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
            blue_green_deployment_config=codedeploy.EcsBlueGreenDeploymentConfig(
                blue_target_group=self.blue,
                green_target_group=self.green,
                listener=self.listener,
                termination_wait_time=Duration.minutes(5),
            ),
        )

    def _metric(self, group: elb.ApplicationTargetGroup, name: str, statistic: str) -> cloudwatch.Metric:
        """By hand: the library refuses a metric of a target group without listener, which green is at first."""
        return cloudwatch.Metric(
            namespace="AWS/ApplicationELB",
            metric_name=name,
            statistic=statistic,
            period=Duration.minutes(1),
            dimensions_map={
                "LoadBalancer": self.balancer.load_balancer_full_name,
                "TargetGroup": group.target_group_full_name,
            },
        )

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

    def _migration(self) -> None:
        group = ec2.SecurityGroup(
            self, "MigrationGroup", vpc=self.vpc, description=f"Migration build of {NAME}"
        )
        self.database.add_ingress_rule(group, ec2.Port.tcp(5432), f"migration of {NAME}")
        self.project = codebuild.PipelineProject(
            self,
            "Migration",
            project_name=f"{NAME}-migrate",
            vpc=self.vpc,
            subnet_selection=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[group],
            build_spec=codebuild.BuildSpec.from_object(
                {"version": "0.2", "phases": {"build": {"commands": [BUILDSPEC.read_text(encoding="utf-8")]}}}
            ),
            environment=codebuild.BuildEnvironment(
                build_image=codebuild.LinuxBuildImage.STANDARD_7_0,
                compute_type=codebuild.ComputeType.SMALL,
                privileged=True,
            ),
            environment_variables={
                name: codebuild.BuildEnvironmentVariable(value=value) for name, value in self._told().items()
            }
            | {
                "DELIVERY_VALUE_0": codebuild.BuildEnvironmentVariable(
                    type=codebuild.BuildEnvironmentVariableType.SECRETS_MANAGER, value=f"{SECRET}:url"
                )
            },
            logging=codebuild.LoggingOptions(
                cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=self._log("migrate"))
            ),
            concurrent_build_limit=1,
            timeout=Duration.minutes(30),
            queued_timeout=Duration.minutes(60),
        )
        self.repository.grant_pull(self.project)
        self.bucket.grant_read(self.project, "templates/*")

    def _told(self) -> dict[str, str]:
        """What the build is told that never changes between releases."""
        return {
            "DELIVERY_REPOSITORY_URI": self.repository.repository_uri,
            "DELIVERY_TAG": "stg",
            "DELIVERY_ARCHITECTURE": "X86_64",
            "DELIVERY_COMMAND": "python migrate.py",
            "DELIVERY_ENTRY_POINT": "",
            "DELIVERY_WORKING_DIRECTORY": "",
            "DELIVERY_INIT_PROCESS": "yes",
            "DELIVERY_VARIABLES": "DATABASE_URL",
            "DELIVERY_TIMEOUT_MINUTES": "15",
            "DELIVERY_TEMPLATES": f"s3://{self.bucket.bucket_name}/templates/0000000000000000/",
            "DELIVERY_TEMPLATE_FILES": "appspec-web.yaml taskdef-web.json",
            "DELIVERY_TEMPLATE_VERSION": "0000000000000000",
        }

    def _pipeline(self) -> None:
        image, release = codepipeline.Artifact("ImageArtifact"), codepipeline.Artifact("ReleaseArtifact")
        self.pipeline = codepipeline.Pipeline(
            self,
            "Pipeline",
            pipeline_name=NAME,
            pipeline_type=codepipeline.PipelineType.V2,
            execution_mode=codepipeline.ExecutionMode.QUEUED,
            artifact_bucket=self.bucket,
            variables=[
                codepipeline.Variable(variable_name="MIGRATE", default_value="run"),
                codepipeline.Variable(variable_name="TRIGGER", default_value="chosen"),
            ],
        )
        source = actions.EcrSourceAction(
            action_name="Source",
            repository=self.repository,
            image_tag="stg",
            output=image,
            variables_namespace="Image",
        )
        migrate = actions.CodeBuildAction(
            action_name="Migrate",
            project=self.project,
            input=image,
            outputs=[release],
            run_order=1,
            variables_namespace="Migration",
            environment_variables={
                "DELIVERY_IMAGE_DIGEST": codebuild.BuildEnvironmentVariable(
                    value=source.variables.image_digest
                ),
                "DELIVERY_MIGRATE": codebuild.BuildEnvironmentVariable(value="#{variables.MIGRATE}"),
                "DELIVERY_TRIGGER": codebuild.BuildEnvironmentVariable(value="#{variables.TRIGGER}"),
            },
        )
        deploy = actions.CodeDeployEcsDeployAction(
            action_name="Deploy-web",
            deployment_group=self.group,
            run_order=2,
            app_spec_template_file=release.at_path("appspec-web.yaml"),
            task_definition_template_file=release.at_path("taskdef-web.json"),
            container_image_inputs=[
                actions.CodeDeployEcsContainerImageInput(
                    input=image, task_definition_placeholder="IMAGE1_NAME"
                )
            ],
        )
        self.pipeline.add_stage(stage_name="Source", actions=[source])
        self.pipeline.add_stage(stage_name="Release", actions=[migrate, deploy])
        executions = "CodePipeline Pipeline Execution State Change"
        self._notice("failed", executions, {"state": ["FAILED"]}, "failed: execution ")
        self._notice("succeeded", executions, {"state": ["SUCCEEDED"]}, "went through: execution ")
        self._notice(
            "ended",
            executions,
            {"state": ["STOPPED", "CANCELED", "SUPERSEDED"]},
            "ended before its end: execution ",
        )
        self._notice(
            "approval",
            "CodePipeline Action Execution State Change",
            {"state": ["STARTED"], "type": {"category": ["Approval"]}},
            "waits for somebody's consent: execution ",
        )

    def _notice(self, name: str, about: str, detail: dict[str, object], says: str) -> None:
        """A rule that tells the topic; its target lets the rule publish."""
        rule = events.Rule(
            self,
            f"{name.capitalize()}Notice",
            rule_name=f"{NAME}-{name}",
            event_pattern=events.EventPattern(
                source=["aws.codepipeline"], detail_type=[about], detail={"pipeline": [NAME], **detail}
            ),
        )
        sentence = f"A release of {NAME} {says}{events.EventField.from_path('$.detail.execution-id')}."
        rule.add_target(targets.SnsTopic(self.topic, message=events.RuleTargetInput.from_text(sentence)))

    def _trigger(self) -> None:
        """The construct library's ECR source makes a rule of its own, which doesn't pin the digest; this one does."""
        queue = sqs.Queue(
            self,
            "Undelivered",
            queue_name=f"{NAME}-undelivered-pushes",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            retention_period=Duration.days(14),
        )
        alarm = self._alarm(
            "UndeliveredAlarm",
            queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic="Maximum"
            ),
            1,
            1,
            "A push started nothing",
        )
        alarm.add_alarm_action(cloudwatch_actions.SnsAction(self.topic))
        start = iam.Role(
            self,
            "Start",
            role_name=f"{NAME}-start",
            assumed_by=iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT}}
            ),
        )
        start.add_to_policy(
            iam.PolicyStatement(
                actions=["codepipeline:StartPipelineExecution"], resources=[self.pipeline.pipeline_arn]
            )
        )
        rule = events.CfnRule(
            self,
            "PushRule",
            name=f"{NAME}-push",
            event_pattern={
                "source": ["aws.ecr"],
                "detail-type": ["ECR Image Action", "ECR Replication Action"],
                "detail": {
                    "action-type": ["PUSH", "REPLICATE"],
                    "result": ["SUCCESS"],
                    "repository-name": ["shop"],
                    "image-tag": ["stg"],
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="pipeline",
                    arn=self.pipeline.pipeline_arn,
                    role_arn=start.role_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=queue.queue_arn),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=900, maximum_retry_attempts=10
                    ),
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={"digest": "$.detail.image-digest"},
                        input_template=json.dumps(
                            {
                                "sourceRevisions": [
                                    {
                                        "actionName": "Source",
                                        "revisionType": "IMAGE_DIGEST",
                                        "revisionValue": "<digest>",
                                    }
                                ],
                                "variables": [{"name": "TRIGGER", "value": "push"}],
                            }
                        ),
                    ),
                )
            ],
        )
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
            )
        )
        self.queue = queue

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

"""The release: the migration's build, the pipeline, and the news of it."""

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from names import NAME, SECRET

BUILDSPEC = Path(__file__).resolve().parents[3] / "buildspecs" / "migrate.yml"


class Release:
    """What a stack has of its releases; mixed into the stack, which has repository, bucket, topic, deployment group and check."""

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
        check = self._check(source.variables.image_digest)
        migrate = actions.CodeBuildAction(
            action_name="Migrate",
            project=self.project,
            input=image,
            outputs=[release],
            run_order=2,
            variables_namespace="Migration",
            environment_variables={
                "DELIVERY_IMAGE_DIGEST": codebuild.BuildEnvironmentVariable(
                    value=source.variables.image_digest
                ),
                "DELIVERY_MIGRATE": codebuild.BuildEnvironmentVariable(value="#{variables.MIGRATE}"),
            },
        )
        deploy = actions.CodeDeployEcsDeployAction(
            action_name="Deploy-web",
            deployment_group=self.group,
            run_order=3,
            app_spec_template_file=release.at_path("appspec-web.yaml"),
            task_definition_template_file=release.at_path("taskdef-web.json"),
            container_image_inputs=[
                actions.CodeDeployEcsContainerImageInput(
                    input=image, task_definition_placeholder="IMAGE1_NAME"
                )
            ],
        )
        self.pipeline.add_stage(stage_name="Source", actions=[source])
        self.pipeline.add_stage(stage_name="Release", actions=[check, migrate, deploy])
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

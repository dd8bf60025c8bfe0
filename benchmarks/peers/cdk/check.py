"""The check: the function that looks at a release before it is built, and what it may read."""

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from names import ACCOUNT, NAME, REGION, SECRET

CODE = Path(__file__).resolve().parents[3] / "release"


class Check:
    """What a stack has of its check; mixed into the stack, which has repository, bucket and the migration's project."""

    def _release_function(self) -> None:
        self.function = lambda_.Function(
            self,
            "Release",
            function_name=f"{NAME}-release",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.X86_64,
            handler="release.handler.handle",
            code=lambda_.Code.from_asset(str(CODE)),
            memory_size=1024,
            timeout=Duration.minutes(1),
            environment={"DELIVERY_DESCRIPTOR": "/delivery/shop/stg"},
            log_group=logs.LogGroup(
                self,
                "ReleaseLog",
                log_group_name="/delivery/shop/stg/release/function",
                retention=logs.RetentionDays.THREE_MONTHS,
            ),
        )
        groups = f"arn:aws:codedeploy:{REGION}:{ACCOUNT}:deploymentgroup:{NAME}-web/{NAME}-web"
        reading = [
            f"codedeploy:{what}" for what in ("GetDeployment", "GetDeploymentGroup", "ListDeployments")
        ]
        for names, resource in (
            (["ssm:GetParameter"], f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/delivery/shop/stg"),
            (["codebuild:BatchGetProjects"], self.project.project_arn),
            (["cloudwatch:DescribeAlarms"], f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:*"),
            (reading, groups),
            (["secretsmanager:GetSecretValue"], SECRET),
        ):
            self.function.add_to_role_policy(iam.PolicyStatement(actions=names, resources=[resource]))
        self.repository.grant_pull(self.function)
        self.bucket.grant_read(self.function, "templates/*")

    def _check(self, digest: str) -> actions.LambdaInvokeAction:
        return actions.LambdaInvokeAction(
            action_name="Check",
            lambda_=self.function,
            run_order=1,
            user_parameters={
                "step": "check",
                "digest": digest,
                "trigger": "#{variables.TRIGGER}",
                "migrate": "#{variables.MIGRATE}",
            },
        )

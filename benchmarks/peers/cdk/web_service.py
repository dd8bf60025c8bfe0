"""The service: roles, first revision, load balancer, and the deployment that moves its traffic."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from names import ACCOUNT, NAME, PORT, SECRET

SERVER = "#" * 1400
"""As long as the first revision's own text."""


class WebService:
    """What a stack has of one service; mixed into the stack, which has network, repository and bucket."""

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

"""The services of a running rehearsal as AWS's APIs at its endpoint, each by its signing name."""

from collections.abc import Callable, Mapping

from documents.place import Place
from rehearsal.cloudwatch import api as cloudwatch
from rehearsal.cloudwatch.alarms import Alarms, Tell
from rehearsal.codebuild.api import CodeBuildApi
from rehearsal.codebuild.service import CodeBuild
from rehearsal.codedeploy.api import CodeDeployApi
from rehearsal.codedeploy.service import Deployments
from rehearsal.codepipeline.api import CodePipelineApi
from rehearsal.codepipeline.jobs import Jobs
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.ecs.api import EcsApi
from rehearsal.ecs.making import INVALID
from rehearsal.ecs.service import EcsServices
from rehearsal.elb import api as elb
from rehearsal.elb.service import LoadBalancers
from rehearsal.emulated import roles_api
from rehearsal.emulated.api import task_definitions
from rehearsal.emulated.roles_api import RolesApi
from rehearsal.endpoint.operations import Operations
from rehearsal.eventbridge.api import EventBridgeApi
from rehearsal.eventbridge.service import EventBridge
from rehearsal.lambda_.downloads import LambdaEndpoint
from rehearsal.lambda_.service import Functions
from rehearsal.sns import api as sns
from rehearsal.sns.service import NoTopic, PublishDenied, Topics
from rehearsal.world.cloud import Cloud


def pipeline_apis(
    cloud: Cloud, pipeline: CodePipeline, jobs: Jobs, functions: Functions
) -> Mapping[str, Operations]:
    """What answers for the rehearsal's own services."""
    api = CodePipelineApi(pipeline, jobs)
    return {
        "codepipeline": Operations(api, model="codepipeline", place=cloud.place),
        "lambda": LambdaEndpoint(cloud, functions),
    }


def build_api(place: Place, builds: CodeBuild) -> Mapping[str, Operations]:
    """CodeBuild, with these builds."""
    return {"codebuild": Operations(CodeBuildApi(builds), model="codebuild", place=place)}


def load_balancer_api(cloud: Cloud, load_balancers: LoadBalancers) -> Mapping[str, Operations]:
    """Elastic Load Balancing, on these load balancers."""
    api = elb.LoadBalancersApi(cloud, load_balancers)
    return {"elasticloadbalancing": Operations(api, model="elbv2", place=cloud.place, invalid=elb.INVALID)}


def deployment_api(cloud: Cloud, deployments: Deployments) -> Mapping[str, Operations]:
    """CodeDeploy, with these deployments."""
    return {
        "codedeploy": Operations(CodeDeployApi(cloud, deployments), model="codedeploy", place=cloud.place)
    }


def alarm_api(cloud: Cloud, alarms: Alarms) -> Mapping[str, Operations]:
    """CloudWatch, with these alarms."""
    api = cloudwatch.CloudWatchApi(alarms)
    invalid = cloudwatch.INVALID
    return {"monitoring": Operations(api, model="cloudwatch", place=cloud.place, invalid=invalid)}


def container_api(cloud: Cloud, services: EcsServices) -> Mapping[str, Operations]:
    """ECS, with these services; task definitions stay the emulator's."""
    api = EcsApi(cloud, services)
    return {
        "ecs": Operations(api, model="ecs", place=cloud.place, invalid=INVALID, otherwise=task_definitions())
    }


def event_apis(place: Place, events: EventBridge, topics: Topics) -> Mapping[str, Operations]:
    """EventBridge and SNS, with this bus and these topics."""
    return {
        "events": Operations(EventBridgeApi(events), model="events", place=place),
        "sns": Operations(sns.SnsApi(topics), model="sns", place=place, invalid=sns.INVALID),
    }


def identity_api(cloud: Cloud) -> Mapping[str, Operations]:
    """IAM, with the roles that there are."""
    api = RolesApi(cloud.authority, cloud.place)
    return {"iam": Operations(api, model="iam", place=cloud.place, invalid=roles_api.INVALID)}


def told_by_alarms(topics: Topics) -> Tell:
    """Publish as CloudWatch does for an alarm: the topic's own policy decides (sns-access-policy-use-cases.md)."""

    def tell(topic: str, text: str, alarm: str) -> None:
        try:
            topics.publish(topic, text, service="cloudwatch.amazonaws.com", source_arn=alarm)
        except (NoTopic, PublishDenied) as failure:
            topics.cloud.journal.record("CloudWatch", f"{topic} is not told: {failure}")

    return tell


def started_by_rules(pipelines: Operations) -> Callable[..., str]:
    """StartPipelineExecution as EventBridge calls it for a rule's target."""

    def start(asked: Mapping[str, object], *, rule: str) -> str:
        answer = pipelines.ask("start_pipeline_execution", asked, caller=rule, trigger="CloudWatchEvent")
        return str(answer["pipelineExecutionId"])

    return start

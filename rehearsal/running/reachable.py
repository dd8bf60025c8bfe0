"""The services of a running rehearsal as AWS's APIs at its endpoint, each by its signing name."""

from collections.abc import Callable, Mapping

from documents.place import Place
from rehearsal.codedeploy.api import CodeDeployApi
from rehearsal.codedeploy.service import Deployments
from rehearsal.codepipeline.api import CodePipelineApi
from rehearsal.codepipeline.jobs import Jobs
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.elb.api import INVALID, LoadBalancersApi
from rehearsal.elb.service import LoadBalancers
from rehearsal.endpoint.operations import Operations
from rehearsal.lambda_.api import LambdaApi
from rehearsal.lambda_.service import Functions
from rehearsal.world.cloud import Cloud


def reachable(
    place: Place, pipeline: CodePipeline, jobs: Jobs, functions: Functions
) -> Mapping[str, Operations]:
    """What answers for the rehearsal's own services."""
    return {
        "codepipeline": Operations(CodePipelineApi(pipeline, jobs), model="codepipeline", place=place),
        "lambda": Operations(LambdaApi(functions), model="lambda", place=place),
    }


def balancing(cloud: Cloud, load_balancers: LoadBalancers) -> Mapping[str, Operations]:
    """Elastic Load Balancing, on these load balancers."""
    api = LoadBalancersApi(cloud, load_balancers)
    return {"elasticloadbalancing": Operations(api, model="elbv2", place=cloud.place, invalid=INVALID)}


def deploying(cloud: Cloud, deployments: Deployments) -> Mapping[str, Operations]:
    """CodeDeploy, with these deployments."""
    return {
        "codedeploy": Operations(CodeDeployApi(cloud, deployments), model="codedeploy", place=cloud.place)
    }


def started_by_rules(pipelines: Operations) -> Callable[..., str]:
    """StartPipelineExecution as EventBridge calls it for a rule's target."""

    def start(asked: Mapping[str, object], *, rule: str) -> str:
        answer = pipelines.ask("start_pipeline_execution", asked, caller=rule, trigger="CloudWatchEvent")
        return str(answer["pipelineExecutionId"])

    return start

"""Every call that only looks, of a stack that was released: what an operator may ask of the endpoint."""

from collections.abc import Callable, Iterator
from typing import Any

Client = Callable[[str], Any]


def looked(client: Client) -> Iterator[tuple[str, Any]]:
    """Each call of stack stg by its name, with its answer."""
    for part in (_pipeline, _builds, _deployments, _services, _load_balancers, _others):
        yield from part(client)


def _pipeline(client: Client) -> Iterator[tuple[str, Any]]:
    pipelines, named = client("codepipeline"), {"pipelineName": "shop-stg"}
    yield "ListPipelines", pipelines.list_pipelines()["pipelines"]
    yield "GetPipeline", pipelines.get_pipeline(name="shop-stg")["pipeline"]["stages"]
    yield "GetPipelineState", pipelines.get_pipeline_state(name="shop-stg")["stageStates"]
    executions = pipelines.list_pipeline_executions(**named)["pipelineExecutionSummaries"]
    yield "ListPipelineExecutions", executions
    one = {**named, "pipelineExecutionId": executions[0]["pipelineExecutionId"]}
    yield "GetPipelineExecution", pipelines.get_pipeline_execution(**one)["pipelineExecution"]
    yield "ListActionExecutions", pipelines.list_action_executions(**named)["actionExecutionDetails"]


def _builds(client: Client) -> Iterator[tuple[str, Any]]:
    builds, logs, project = client("codebuild"), client("logs"), "shop-stg-migrate"
    ids = builds.list_builds_for_project(projectName=project)["ids"]
    yield "ListBuildsForProject", ids
    yield "ListBuilds", builds.list_builds()["ids"]
    yield "ListProjects", builds.list_projects()["projects"]
    yield "BatchGetProjects", builds.batch_get_projects(names=[project])["projects"]
    (build,) = builds.batch_get_builds(ids=ids[:1])["builds"]
    yield "BatchGetBuilds", build
    group = build["logs"]["groupName"]
    yield "FilterLogEvents", logs.filter_log_events(logGroupName=group)["events"]
    stream = build["logs"]["streamName"]
    yield "GetLogEvents", logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]


def _deployments(client: Client) -> Iterator[tuple[str, Any]]:
    codedeploy, application = client("codedeploy"), {"applicationName": "shop-stg-web"}
    group = {**application, "deploymentGroupName": "shop-stg-web"}
    yield "GetDeploymentGroup", codedeploy.get_deployment_group(**group)["deploymentGroupInfo"]
    deployments = codedeploy.list_deployments(**group)["deployments"]
    yield "ListDeployments", deployments
    one = {"deploymentId": deployments[0]}
    told = codedeploy.get_deployment(**one)["deploymentInfo"]
    yield "GetDeployment", told
    targets = codedeploy.list_deployment_targets(**one)["targetIds"]
    yield "ListDeploymentTargets", targets
    target = codedeploy.get_deployment_target(**one, targetId=targets[0])["deploymentTarget"]
    yield "GetDeploymentTarget", target
    revision = codedeploy.get_application_revision(**application, revision=told["revision"])
    yield "GetApplicationRevision", revision["revision"]


def _services(client: Client) -> Iterator[tuple[str, Any]]:
    ecs, cluster = client("ecs"), {"cluster": "apps-stg"}
    yield "DescribeClusters", ecs.describe_clusters(clusters=["apps-stg"])["clusters"]
    yield "ListServices", ecs.list_services(**cluster)["serviceArns"]
    yield "DescribeServices", ecs.describe_services(**cluster, services=["shop-stg-web"])["services"]
    yield "DescribeTaskSets", ecs.describe_task_sets(**cluster, service="shop-stg-web")["taskSets"]
    tasks = ecs.list_tasks(**cluster)["taskArns"]
    yield "ListTasks", tasks
    yield "DescribeTasks", ecs.describe_tasks(**cluster, tasks=tasks)["tasks"]
    revisions = ecs.list_task_definitions(familyPrefix="shop-stg-web")["taskDefinitionArns"]
    yield "ListTaskDefinitions", revisions
    definition = ecs.describe_task_definition(taskDefinition=revisions[-1])["taskDefinition"]
    yield "DescribeTaskDefinition", definition


def _load_balancers(client: Client) -> Iterator[tuple[str, Any]]:
    elb = client("elbv2")
    balancers = elb.describe_load_balancers()["LoadBalancers"]
    yield "DescribeLoadBalancers", balancers
    listeners = elb.describe_listeners(LoadBalancerArn=balancers[0]["LoadBalancerArn"])["Listeners"]
    yield "DescribeListeners", listeners
    yield "DescribeRules", elb.describe_rules(ListenerArn=listeners[0]["ListenerArn"])["Rules"]
    groups = elb.describe_target_groups()["TargetGroups"]
    yield "DescribeTargetGroups", groups
    health = [elb.describe_target_health(TargetGroupArn=one["TargetGroupArn"]) for one in groups]
    yield "DescribeTargetHealth", [one for told in health for one in told["TargetHealthDescriptions"]]


def _others(client: Client) -> Iterator[tuple[str, Any]]:
    yield "DescribeAlarms", client("cloudwatch").describe_alarms()["MetricAlarms"]
    events, sns, functions = client("events"), client("sns"), client("lambda")
    yield "DescribeRule", events.describe_rule(Name="shop-stg-push")["EventPattern"]
    yield "ListRules", events.list_rules()["Rules"]
    yield "ListTargetsByRule", events.list_targets_by_rule(Rule="shop-stg-push")["Targets"]
    topics = sns.list_topics()["Topics"]
    yield "ListTopics", topics
    yield "ListSubscriptions", sns.list_subscriptions()["Subscriptions"]
    told = sns.list_subscriptions_by_topic(TopicArn=topics[0]["TopicArn"])["Subscriptions"]
    yield "ListSubscriptionsByTopic", told
    yield "ListFunctions", functions.list_functions()["Functions"]
    yield "GetFunction", functions.get_function(FunctionName="shop-stg-release")["Configuration"]

"""What the cloud of the unit tests answers: one table of output attributes by type, and two invokes. Strict: nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

Inputs = Mapping[str, Any]

ACCOUNT = "123456789012"
REGION = "us-east-1"
SUFFIX = "-0123456"
"""As long as what Pulumi appends to a name it makes up."""


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def _name(logical: str, inputs: Inputs) -> str:
    return str(inputs.get("name") or f"{logical}{SUFFIX}")


def _repository(logical: str, inputs: Inputs) -> Inputs:
    host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    return {
        "arn": _arn("ecr", f"repository/{inputs['name']}"),
        "repositoryUrl": f"{host}/{inputs['name']}",
        "registryId": ACCOUNT,
    }


def _bucket(logical: str, inputs: Inputs) -> Inputs:
    name = f"{inputs['bucketPrefix']}20260101000000000000000001"
    return {"id": name, "bucket": name, "arn": f"arn:aws:s3:::{name}"}


def _load_balancer(logical: str, inputs: Inputs) -> Inputs:
    suffix = f"app/{_name(logical, inputs)}/0123456789abcdef"
    return {
        "arn": _arn("elasticloadbalancing", f"loadbalancer/{suffix}"),
        "arnSuffix": suffix,
        "dnsName": f"{_name(logical, inputs)}-1.{REGION}.elb.amazonaws.com",
    }


def _target_group(logical: str, inputs: Inputs) -> Inputs:
    suffix = f"targetgroup/{_name(logical, inputs)}/0123456789abcdef"
    return {"arn": _arn("elasticloadbalancing", suffix), "arnSuffix": suffix}


def _listener(logical: str, inputs: Inputs) -> Inputs:
    balancer = str(inputs["loadBalancerArn"]).rpartition(":loadbalancer/")[2]
    return {"arn": _arn("elasticloadbalancing", f"listener/{balancer}/{int(inputs['port']):016x}")}


def _listener_rule(logical: str, inputs: Inputs) -> Inputs:
    listener = str(inputs["listenerArn"]).replace(":listener/", ":listener-rule/")
    return {"arn": f"{listener}/{int(inputs['priority']):016x}"}


def _queue(logical: str, inputs: Inputs) -> Inputs:
    name = _name(logical, inputs)
    return {"arn": _arn("sqs", name), "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"}


def _nothing(logical: str, inputs: Inputs) -> Inputs:
    return {}


def _named(service: str, resource: str) -> Callable[[str, Inputs], Inputs]:
    return lambda logical, inputs: {"arn": _arn(service, resource.format(_name(logical, inputs)))}


OUTPUTS: Mapping[str, Callable[[str, Inputs], Inputs]] = {
    "aws:cloudwatch/eventRule:EventRule": _named("events", "rule/{}"),
    "aws:cloudwatch/eventTarget:EventTarget": _nothing,
    "aws:cloudwatch/logGroup:LogGroup": _named("logs", "log-group:{}"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("cloudwatch", "alarm:{}"),
    "aws:codebuild/project:Project": _named("codebuild", "project/{}"),
    "aws:codedeploy/application:Application": _named("codedeploy", "application:{}"),
    "aws:codedeploy/deploymentConfig:DeploymentConfig": lambda _, inputs: {
        "arn": _arn("codedeploy", f"deploymentconfig:{inputs['deploymentConfigName']}")
    },
    "aws:codedeploy/deploymentGroup:DeploymentGroup": _nothing,
    "aws:codepipeline/pipeline:Pipeline": _named("codepipeline", "{}"),
    "aws:lambda/function:Function": _named("lambda", "function:{}"),
    "aws:ec2/securityGroup:SecurityGroup": lambda logical, _: {"id": f"sg-{logical}"},
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _nothing,
    "aws:ecr/repository:Repository": _repository,
    "aws:ecs/service:Service": _nothing,
    "aws:ecs/taskDefinition:TaskDefinition": lambda _, inputs: {
        "arn": _arn("ecs", f"task-definition/{inputs['family']}:1")
    },
    "aws:iam/role:Role": lambda logical, inputs: {
        "arn": f"arn:aws:iam::{ACCOUNT}:role/{_name(logical, inputs)}"
    },
    "aws:iam/rolePolicy:RolePolicy": _nothing,
    "aws:lb/listener:Listener": _listener,
    "aws:lb/listenerRule:ListenerRule": _listener_rule,
    "aws:lb/listenerCertificate:ListenerCertificate": _nothing,
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:lb/targetGroup:TargetGroup": _target_group,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _nothing,
    "aws:s3/bucketObjectv2:BucketObjectv2": _nothing,
    "aws:s3/bucketPolicy:BucketPolicy": _nothing,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _nothing,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _nothing,
    "aws:s3/bucketVersioning:BucketVersioning": _nothing,
    "aws:sns/topic:Topic": _named("sns", "{}"),
    "aws:sns/topicPolicy:TopicPolicy": _nothing,
    "aws:sns/topicSubscription:TopicSubscription": _nothing,
    "aws:sqs/queue:Queue": _queue,
    "aws:sqs/queuePolicy:QueuePolicy": _nothing,
    "aws:ssm/parameter:Parameter": lambda _, inputs: {"arn": _arn("ssm", f"parameter{inputs['name']}")},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _nothing,
}
"""What each type adds to its inputs. A type that is not here is refused: its outputs would be `None` and hide a mistake."""


class Answers(Mocks):
    """Answers from the table."""

    def __init__(self, account: str = ACCOUNT) -> None:
        """An `account` other than the example one is a real one."""
        self._account = account

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return "", dict(args.inputs)
        if args.typ not in OUTPUTS:
            raise LookupError(
                f"{args.typ} ({args.name}) has no outputs in tests/unit/answers.py; add it there"
            )
        outputs = {"name": f"{args.name}{SUFFIX}", **args.inputs, **OUTPUTS[args.typ](args.name, args.inputs)}
        return str(outputs.pop("id", f"{args.name}-id")), outputs

    def call(self, args: MockCallArgs) -> dict[str, Any]:  # pyright: ignore[reportIncompatibleMethodOverride]
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":
            arn = f"arn:aws:iam::{self._account}:user/infrastructure"
            return {"accountId": self._account, "arn": arn, "userId": "AIDA", "id": self._account}
        if args.token == "aws:index/getRegion:getRegion":
            return {"region": REGION, "name": REGION, "id": REGION, "description": "", "endpoint": ""}
        raise LookupError(
            f"{args.token} has no answer in tests/unit/answers.py; a program that asks more needs a reason"
        )

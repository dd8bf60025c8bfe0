"""Our program's evaluation beside the same pipeline synthesized by the AWS CDK in Python."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from benchmarks.evaluation import STACK
from benchmarks.figure import Aim, Figure, Result, seconds
from benchmarks.measure import BenchmarkFailed, Program, in_turns, python, ratios, run, walls
from rehearsal.host.project import ROOT

PEER = ROOT / "benchmarks" / "peers" / "cdk"
ENVIRONMENT = ROOT / ".tools" / "cdk"
"""A virtual environment of its own: nothing of the project needs the CDK."""

SAME = {
    "AWS::CloudWatch::Alarm": "aws:cloudwatch/metricAlarm:MetricAlarm",
    "AWS::CodeBuild::Project": "aws:codebuild/project:Project",
    "AWS::CodeDeploy::Application": "aws:codedeploy/application:Application",
    "AWS::CodeDeploy::DeploymentGroup": "aws:codedeploy/deploymentGroup:DeploymentGroup",
    "AWS::CodePipeline::Pipeline": "aws:codepipeline/pipeline:Pipeline",
    "AWS::EC2::SecurityGroup": "aws:ec2/securityGroup:SecurityGroup",
    "AWS::ECR::Repository": "aws:ecr/repository:Repository",
    "AWS::ECS::Service": "aws:ecs/service:Service",
    "AWS::ECS::TaskDefinition": "aws:ecs/taskDefinition:TaskDefinition",
    "AWS::ElasticLoadBalancingV2::Listener": "aws:lb/listener:Listener",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "aws:lb/loadBalancer:LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "aws:lb/targetGroup:TargetGroup",
    "AWS::Events::Rule": "aws:cloudwatch/eventRule:EventRule",
    "AWS::IAM::Policy": "aws:iam/rolePolicy:RolePolicy",
    "AWS::IAM::Role": "aws:iam/role:Role",
    "AWS::Lambda::Function": "aws:lambda/function:Function",
    "AWS::Logs::LogGroup": "aws:cloudwatch/logGroup:LogGroup",
    "AWS::S3::Bucket": "aws:s3/bucket:Bucket",
    "AWS::S3::BucketPolicy": "aws:s3/bucketPolicy:BucketPolicy",
    "AWS::SNS::Subscription": "aws:sns/topicSubscription:TopicSubscription",
    "AWS::SNS::Topic": "aws:sns/topic:Topic",
    "AWS::SNS::TopicPolicy": "aws:sns/topicPolicy:TopicPolicy",
    "AWS::SQS::Queue": "aws:sqs/queue:Queue",
    "AWS::SQS::QueuePolicy": "aws:sqs/queuePolicy:QueuePolicy",
    "AWS::SSM::Parameter": "aws:ssm/parameter:Parameter",
}
"""Types of theirs and of ours of which both declare equally many, but for what the construct library adds."""

OF_THE_LIBRARY = Counter({"AWS::Events::Rule": 1, "AWS::IAM::Role": 5, "AWS::IAM::Policy": 6})
"""What the construct library adds by itself: its ECR source makes a rule with a role, and every action has a role of its own."""

APART = {
    "AWS::EC2::SecurityGroupIngress": "one that we write into the security group is a resource of its own"
}
"""Types of theirs that no number of ours answers to, and why."""


def missing() -> str | None:
    """No Node, in which the CDK's own code runs."""
    return (
        None
        if shutil.which("node")
        else "the CDK runs in Node, and there is none on PATH; install Node.js 22 or newer"
    )


def measure(runs: int) -> Result:
    """Whole processes in turns: ours, the CDK as it is, the CDK without its validation of templates."""
    _set_up()
    with tempfile.TemporaryDirectory() as folder:
        recorded = str(Path(folder) / "recorded.json")
        run(Program("recording", python("benchmarks.programs", "record", STACK, recorded)))
        declared = [type_ for type_, _, _ in json.loads(Path(recorded).read_text(encoding="utf-8"))]
        ours = Program("our program", python("benchmarks.programs", "ours", STACK, recorded, "1"))
        default = _synthesis(folder, "default", {})
        unchecked = _synthesis(folder, "unchecked", {"CDK_VALIDATION": "false"})
        mine, checked, plain = in_turns([ours, default, unchecked], runs)
    theirs = json.loads(checked[0].output)
    if found := differences(Counter(declared), theirs):
        raise BenchmarkFailed(f"the peer declares something else than our program: {'; '.join(found)}")
    return Result(
        [
            Figure(
                "CDK by default over ours",
                ratios(walls(checked), walls(mine)),
                aim=Aim(2.0, at_least=True),
                beside=f"{seconds('CDK', walls(checked))}, {seconds('ours', walls(mine))}",
            ),
            Figure(
                "CDK without its validation over ours",
                ratios(walls(plain), walls(mine)),
                aim=Aim(1.0, at_least=True),
                beside=f"{seconds('CDK', walls(plain))}, {seconds('ours', walls(mine))}",
            ),
        ],
        [
            f"ours: {len(declared)} custom resources; the bucket is six of them, the two templates are two",
            f"CDK: {sum(theirs.values())} of CloudFormation; each action of the pipeline has a role of its own",
        ],
    )


def differences(ours: Mapping[str, int], theirs: Mapping[str, int]) -> list[str]:
    """Of which types one declares more than the other: what is compared must be the same stack."""
    unequal = [
        f"{theirs.get(type_, 0)} {type_}, and {ours.get(token, 0)} {token}"
        for type_, token in SAME.items()
        if theirs.get(type_, 0) - OF_THE_LIBRARY[type_] != ours.get(token, 0)
    ]
    return unequal + [f"{type_} of theirs only" for type_ in theirs if type_ not in {*SAME, *APART}]


def _synthesis(folder: str, name: str, environment: dict[str, str]) -> Program:
    command = [str(ENVIRONMENT / "bin" / "python"), str(PEER / "app.py"), str(Path(folder) / name)]
    return Program(f"CDK {name}", command, environment)


def _set_up() -> None:
    """Install the CDK from its own hashed lock, once."""
    lock, done = PEER / "requirements.txt", ENVIRONMENT / ".complete"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    uv = str(Path(sys.executable).with_name("uv"))
    words = [
        "pip",
        "sync",
        "--quiet",
        "--require-hashes",
        "--python",
        str(ENVIRONMENT / "bin" / "python"),
        str(lock),
    ]
    for command in ([sys.executable, "-m", "venv", str(ENVIRONMENT)], [uv, *words]):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise BenchmarkFailed(f"the CDK could not be installed: {made.stderr.strip()[-500:]}")
    done.touch()

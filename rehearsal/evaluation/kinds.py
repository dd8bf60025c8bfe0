"""How each declared resource comes to be in the local cloud: the kinds of every AWS service.

Some are made for real in the emulator, because containers and command lines touch them; the others are put on record with
the id, ARN and attributes that AWS would answer, for the services of the rehearsal to read.
"""

from rehearsal.cloudwatch import kinds as cloudwatch
from rehearsal.codebuild import kinds as codebuild
from rehearsal.codedeploy import kinds as codedeploy
from rehearsal.codepipeline import kinds as codepipeline
from rehearsal.ecr import kinds as ecr
from rehearsal.ecs import kinds as ecs
from rehearsal.elb import kinds as elb
from rehearsal.emulated import ec2, iam, logs, s3, sqs, ssm
from rehearsal.eventbridge import kinds as eventbridge
from rehearsal.lambda_ import kinds as lambda_
from rehearsal.sns import kinds as sns
from rehearsal.world.kind import Kind

KEPT: dict[str, Kind] = {**ec2.KINDS, **iam.KINDS, **logs.KINDS, **s3.KINDS, **sqs.KINDS, **ssm.KINDS}
"""Types that the local cloud only keeps, whosesoever they are: no service of the rehearsal takes them for the delivery's."""

KINDS: dict[str, Kind] = {
    **KEPT,
    **cloudwatch.KINDS,
    **codebuild.KINDS,
    **codedeploy.KINDS,
    **codepipeline.KINDS,
    **ecr.KINDS,
    **ecs.KINDS,
    **elb.KINDS,
    **eventbridge.KINDS,
    **lambda_.KINDS,
    **sns.KINDS,
}
"""Every Pulumi type token the local cloud can make."""

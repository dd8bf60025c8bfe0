"""What may be declared of each type: every property that is played, or that no release depends on; the rest is refused.

One word for each property, blocks by dots, as pulumi_aws spells them; a block's name alone stands for all of it. `path=one|other`
takes these values only: usually the one that AWS has anyway, which the provider writes down or a program says aloud. `@region` is
the stack's own Region. Every type has `region`, `tags` and `tagsAll` besides.
"""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Properties:
    """What may be declared of one type."""

    played: str
    """What the rehearsal does as it is said here."""
    unseen: str = ""
    """What is taken and changes nothing here, nor whether AWS lets a release through."""
    said: str = ""
    """Those of them that a program must say, because what AWS takes otherwise is not played."""
    once: str = ""
    """Lists of which one element is played."""

    @cached_property
    def taken(self) -> dict[str, frozenset[str] | None]:
        """Every property that is taken, with the values it may have; None for any."""
        words = (word.partition("=") for word in f"{self.played} {self.unseen}".split())
        return {path: frozenset(values.split("|")) if given else None for path, given, values in words}


EVERYWHERE = Properties("region=@region", "tags tagsAll")

PROPERTIES = {
    "aws:cloudwatch/eventRule:EventRule": Properties(
        # A schedule and another bus are refused where the rule is made, with their reason.
        "eventPattern name state=ENABLED|DISABLED isEnabled=true scheduleExpression eventBusName",
        "description forceDestroy",
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Properties(
        "arn rule deadLetterConfig.arn eventBusName=default input inputTransformer retryPolicy.maximumEventAgeInSeconds roleArn",
        "targetId forceDestroy retryPolicy.maximumRetryAttempts",
    ),
    "aws:cloudwatch/logGroup:LogGroup": Properties(
        "name retentionInDays",
        "deletionProtectionEnabled kmsKeyId logGroupClass skipDestroy",
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Properties(
        # An alarm that a deployment group has is held against more where the group is made.
        "comparisonOperator=GreaterThanThreshold|GreaterThanOrEqualToThreshold|LessThanThreshold|LessThanOrEqualToThreshold"
        " datapointsToAlarm dimensions evaluationPeriods metricName name namespace period threshold"
        " statistic=Sum|Maximum|Minimum|Average|SampleCount treatMissingData=breaching|notBreaching|missing|ignore"
        " actionsEnabled alarmActions insufficientDataActions okActions",
        "alarmDescription",
    ),
    "aws:codebuild/project:Project": Properties(
        "name serviceRole source.type=CODEPIPELINE source.buildspec artifacts.type=CODEPIPELINE environment.image"
        " environment.type=LINUX_CONTAINER|ARM_CONTAINER environment.environmentVariables environment.privilegedMode"
        " environment.imagePullCredentialsType=CODEBUILD buildTimeout concurrentBuildLimit encryptionKey"
        " logsConfig.cloudwatchLogs logsConfig.s3Logs.status=DISABLED vpcConfig autoRetryLimit=0 cache.type=NO_CACHE"
        " badgeEnabled=false artifacts.encryptionDisabled=false source.gitCloneDepth=0 source.insecureSsl=false"
        " source.reportBuildStatus=false",
        # CodePipeline ignores these of its own artifacts (codebuild/latest/APIReference/API_ProjectArtifacts).
        "artifacts.location artifacts.name artifacts.namespaceType artifacts.overrideArtifactName artifacts.packaging artifacts.path"
        " description environment.computeType queuedTimeout projectVisibility=PRIVATE logsConfig.s3Logs.encryptionDisabled",
    ),
    "aws:codedeploy/application:Application": Properties("computePlatform name"),
    "aws:codedeploy/deploymentConfig:DeploymentConfig": Properties(
        "computePlatform=ECS deploymentConfigName trafficRoutingConfig"
    ),
    "aws:codedeploy/deploymentGroup:DeploymentGroup": Properties(
        "appName deploymentGroupName serviceRoleArn alarmConfiguration autoRollbackConfiguration deploymentConfigName deploymentStyle"
        " blueGreenDeploymentConfig.deploymentReadyOption blueGreenDeploymentConfig.terminateBlueInstancesOnDeploymentSuccess"
        " ecsService loadBalancerInfo.targetGroupPairInfo",
        "outdatedInstancesStrategy=UPDATE terminationHookEnabled=false",
    ),
    "aws:codepipeline/pipeline:Pipeline": Properties(
        "name roleArn pipelineType executionMode variables.name variables.defaultValue"
        " artifactStores.location artifactStores.type=S3 artifactStores.encryptionKey.id artifactStores.encryptionKey.type=KMS"
        " stages.name stages.beforeEntry.condition.result stages.beforeEntry.condition.rules.name"
        " stages.beforeEntry.condition.rules.ruleTypeId stages.beforeEntry.condition.rules.configuration"
        " stages.beforeEntry.condition.rules.region=@region stages.onFailure.result=RETRY|FAIL stages.onFailure.retryConfiguration"
        " stages.actions.name stages.actions.category stages.actions.owner=AWS stages.actions.provider stages.actions.version=1"
        " stages.actions.configuration stages.actions.inputArtifacts stages.actions.namespace stages.actions.outputArtifacts"
        " stages.actions.region=@region stages.actions.roleArn stages.actions.runOrder stages.actions.timeoutInMinutes",
        "variables.description",
        once="artifactStores",
    ),
    "aws:ec2/securityGroup:SecurityGroup": Properties(
        "name vpcId egress", "description ingress revokeRulesOnDelete"
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Properties(
        "securityGroupId ipProtocol fromPort toPort referencedSecurityGroupId cidrIpv4 prefixListId",
        "description cidrIpv6",
    ),
    "aws:ecr/repository:Repository": Properties(
        "name forceDelete imageTagMutability imageTagMutabilityExclusionFilters",
        "encryptionConfigurations imageScanningConfiguration",
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Properties("policy repository"),
    "aws:ecs/taskDefinition:TaskDefinition": Properties(
        "containerDefinitions family cpu memory executionRoleArn taskRoleArn networkMode requiresCompatibilities runtimePlatform",
        "enableFaultInjection=false skipDestroy trackLatest",
    ),
    "aws:ecs/service:Service": Properties(
        # What goes with which deployment controller is refused where the service is made, with its reason.
        "cluster name desiredCount deploymentController healthCheckGracePeriodSeconds launchType=FARGATE loadBalancers.containerName"
        " loadBalancers.containerPort loadBalancers.targetGroupArn networkConfiguration taskDefinition schedulingStrategy=REPLICA"
        " availabilityZoneRebalancing=DISABLED forceNewDeployment=false deploymentMaximumPercent deploymentMinimumHealthyPercent"
        " alarms deploymentCircuitBreaker deploymentConfiguration loadBalancers.advancedConfiguration"
        " serviceConnectConfiguration.enabled=false",
        "enableEcsManagedTags enableExecuteCommand forceDelete platformVersion=LATEST|1.4.0 propagateTags waitForSteadyState",
        said="launchType",  # else instances, or the cluster's default (Amazon ECS API Reference, CreateService)
    ),
    "aws:iam/role:Role": Properties(
        "assumeRolePolicy name path=/", "description forceDetachPolicies maxSessionDuration"
    ),
    "aws:iam/rolePolicy:RolePolicy": Properties("policy role name"),
    "aws:lambda/function:Function": Properties(
        "architectures code environment ephemeralStorage handler loggingConfig memorySize name packageType=Zip"
        " reservedConcurrentExecutions role runtime timeout publish=false tracingConfig.mode=PassThrough",
        "description skipDestroy sourceCodeHash",
    ),
    "aws:lb/loadBalancer:LoadBalancer": Properties(
        "name loadBalancerType=application idleTimeout preserveHostHeader=false xffHeaderProcessingMode=append"
        " enableXffClientPort=false enableTlsVersionAndCipherSuiteHeaders=false connectionLogs.enabled=false"
        " healthCheckLogs.enabled=false enableZonalShift=false desyncMitigationMode=defensive",
        "internal subnets securityGroups dropInvalidHeaderFields enableDeletionProtection enableHttp2 enableWafFailOpen"
        " enableCrossZoneLoadBalancing=true clientKeepAlive ipAddressType=ipv4|dualstack accessLogs"
        " connectionLogs.bucket connectionLogs.prefix healthCheckLogs.bucket healthCheckLogs.prefix",
    ),
    "aws:lb/listener:Listener": Properties(
        "loadBalancerArn port protocol=HTTP|HTTPS defaultActions.type=forward|fixed-response|redirect defaultActions.targetGroupArn"
        " defaultActions.forward.targetGroups defaultActions.forward.stickiness.enabled=false defaultActions.fixedResponse"
        " defaultActions.redirect mutualAuthentication.mode=off routingHttpResponseServerEnabled=true",
        "certificateArn sslPolicy alpnPolicy defaultActions.order defaultActions.forward.stickiness.duration",
        once="defaultActions",
    ),
    "aws:lb/listenerCertificate:ListenerCertificate": Properties("listenerArn", "certificateArn"),
    "aws:lb/listenerRule:ListenerRule": Properties(
        "listenerArn priority actions.type=forward|fixed-response|redirect actions.targetGroupArn actions.forward.targetGroups"
        " actions.forward.stickiness.enabled=false actions.fixedResponse actions.redirect conditions.hostHeader.values"
        " conditions.pathPattern.values conditions.httpHeader.httpHeaderName conditions.httpHeader.values"
        " conditions.httpRequestMethod.values conditions.queryStrings conditions.sourceIp.values",
        "actions.order actions.forward.stickiness.duration",
        once="actions",
    ),
    "aws:lb/targetGroup:TargetGroup": Properties(
        # TLS with targets is refused where the load balancers start, with its reason.
        "name port protocol=HTTP|HTTPS protocolVersion=HTTP1 targetType=ip deregistrationDelay healthCheck ipAddressType=ipv4 slowStart=0"
        " stickiness.enabled=false loadBalancingAlgorithmType=round_robin loadBalancingAnomalyMitigation=off"
        " connectionTermination=false lambdaMultiValueHeadersEnabled=false proxyProtocolV2=false"
        " targetGroupHealth.dnsFailover.minimumHealthyTargetsCount=1"
        " targetGroupHealth.dnsFailover.minimumHealthyTargetsPercentage=off"
        " targetGroupHealth.unhealthyStateRouting.minimumHealthyTargetsCount=1"
        " targetGroupHealth.unhealthyStateRouting.minimumHealthyTargetsPercentage=off",
        "vpcId loadBalancingCrossZoneEnabled stickiness.type stickiness.cookieDuration stickiness.cookieName",
        said="targetType",  # else instance (Elastic Load Balancing API Reference, CreateTargetGroup)
    ),
    "aws:s3/bucket:Bucket": Properties(
        "bucket bucketPrefix forceDestroy acl=private versioning.enabled=false versioning.mfaDelete=false",
        # What guards a bucket, and how long it keeps what, is on record only (docs/fidelity.md).
        "accelerationStatus corsRules lifecycleRules logging policy requestPayer serverSideEncryptionConfiguration website",
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Properties(
        "bucket", "rules expectedBucketOwner transitionDefaultMinimumObjectSize timeouts"
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Properties(
        "bucket key content contentType acl=private storageClass=STANDARD",
        "bucketKeyEnabled cacheControl contentDisposition contentEncoding contentLanguage etag forceDestroy metadata sourceHash",
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Properties("bucket", "policy"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Properties(
        "bucket", "blockPublicAcls blockPublicPolicy ignorePublicAcls restrictPublicBuckets skipDestroy"
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Properties(
        "bucket", "rules expectedBucketOwner"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Properties(
        "bucket versioningConfiguration.status versioningConfiguration.mfaDelete=Disabled",
        "expectedBucketOwner",
    ),
    "aws:sns/topic:Topic": Properties(
        "name fifoTopic=false contentBasedDeduplication=false",
        "applicationFailureFeedbackRoleArn applicationSuccessFeedbackRoleArn applicationSuccessFeedbackSampleRate deliveryPolicy"
        " displayName firehoseFailureFeedbackRoleArn firehoseSuccessFeedbackRoleArn firehoseSuccessFeedbackSampleRate"
        " httpFailureFeedbackRoleArn httpSuccessFeedbackRoleArn httpSuccessFeedbackSampleRate lambdaFailureFeedbackRoleArn"
        " lambdaSuccessFeedbackRoleArn lambdaSuccessFeedbackSampleRate signatureVersion sqsFailureFeedbackRoleArn"
        " sqsSuccessFeedbackRoleArn sqsSuccessFeedbackSampleRate tracingConfig",
    ),
    "aws:sns/topicPolicy:TopicPolicy": Properties("arn policy"),
    "aws:sns/topicSubscription:TopicSubscription": Properties(
        "endpoint protocol topic",
        "confirmationTimeoutInMinutes deliveryPolicy endpointAutoConfirms rawMessageDelivery redrivePolicy",
    ),
    "aws:sqs/queue:Queue": Properties(
        "name fifoQueue=false contentBasedDeduplication=false",
        "delaySeconds kmsDataKeyReusePeriodSeconds maxMessageSize messageRetentionSeconds receiveWaitTimeSeconds redriveAllowPolicy"
        " redrivePolicy sqsManagedSseEnabled visibilityTimeoutSeconds",
    ),
    "aws:sqs/queuePolicy:QueuePolicy": Properties("policy queueUrl"),
    "aws:ssm/parameter:Parameter": Properties("name type value dataType=text", "description overwrite tier"),
}
"""By Pulumi type token."""

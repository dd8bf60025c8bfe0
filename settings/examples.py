"""One right value for each setting that has a form: what a message shows instead of a regular expression."""

from collections.abc import Sequence

from documents.place import EXAMPLE_ACCOUNT

_ACCOUNT = f"us-east-1:{EXAMPLE_ACCOUNT}"

EXAMPLES = {
    "application": "shop",
    "namePrefix": "shop-dev-1",
    "images": "app",
    "images.repository": "shop/web",
    "images.movingTags.tag": "prd",
    "images.pushers.repository": "owner/name",
    "images.oidcProviderArn": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
    "source.push.tag": "stg",
    "network.vpcId": "vpc-0123456789abcdef0",
    "network.privateSubnetIds": "subnet-0123456789abcdef0",
    "network.database.securityGroupId": "sg-0123456789abcdef0",
    "migration.workingDirectory": "/app",
    "migration.secretsKmsKeys": f"arn:aws:kms:{_ACCOUNT}:key/0123abcd-4567-89ef-0123-456789abcdef",
    "services.cluster": "apps-stg",
    "services.container": "app",
    "services.workingDirectory": "/app",
    "services.sidecars.workingDirectory": "/app",
    "services.secretsKmsKeys": f"arn:aws:kms:{_ACCOUNT}:key/0123abcd-4567-89ef-0123-456789abcdef",
    "services.healthCheck.path": "/healthz",
    "services.loadBalancer.arn": f"arn:aws:elasticloadbalancing:{_ACCOUNT}:loadbalancer/app/shared/0123456789abcdef",
    "services.loadBalancer.securityGroupId": "sg-0123456789abcdef0",
    "services.loadBalancer.publicSubnetIds": "subnet-0123456789abcdef0",
    "services.loadBalancer.certificateArn": f"arn:aws:acm:{_ACCOUNT}:certificate/0123abcd-4567-89ef-0123-456789abcdef",
    "services.loadBalancer.furtherCertificateArns": f"arn:aws:acm:{_ACCOUNT}:certificate/0123abcd-4567-89ef-0123-456789abcdef",
    "services.loadBalancer.listener.arn": f"arn:aws:elasticloadbalancing:{_ACCOUNT}:listener/app/shared/0123456789abcdef/fedcba9876543210",
    "services.loadBalancer.listener.test.arn": f"arn:aws:elasticloadbalancing:{_ACCOUNT}:listener/app/shared/0123456789abcdef/0011223344556677",
    "services.loadBalancer.accessLogs.bucket": "shop-access-logs",
    "services.loadBalancer.accessLogs.prefix": "shop/stg",
    "services.rollout.hooks.beforeInstall": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.rollout.hooks.afterInstall": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.rollout.hooks.afterAllowTestTraffic": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.rollout.hooks.beforeAllowTraffic": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.furtherTargetGroups.arn": f"arn:aws:elasticloadbalancing:{_ACCOUNT}:targetgroup/inside/0123456789abcdef",
    "services.furtherTargetGroups.securityGroupId": "sg-0123456789abcdef0",
    "services.serviceConnect.namespace": "shop",
    "services.serviceConnect.endpoints.name": "orders",
    "services.serviceConnect.endpoints.dnsName": "orders",
    "services.rollout.lifecycleHooks.function": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.rollout.hooks.afterAllowTraffic": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.existing.service": "web",
    "services.existing.executionRoleArn": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:role/web-execution",
    "services.existing.taskRoleArn": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:role/web-task",
    "services.existing.traffic.listenerArn": f"arn:aws:elasticloadbalancing:{_ACCOUNT}:listener/app/shared/0123456789abcdef/0123456789abcdef",
    "services.existing.traffic.testListenerArn": f"arn:aws:elasticloadbalancing:{_ACCOUNT}:listener/app/shared/0123456789abcdef/fedcba9876543210",
    "services.existing.traffic.ruleArns": f"arn:aws:elasticloadbalancing:{_ACCOUNT}:listener-rule/app/shared/0123456789abcdef/0123456789abcdef/0123456789abcdef",
    "services.existing.traffic.targetGroupArns": f"arn:aws:elasticloadbalancing:{_ACCOUNT}:targetgroup/web-blue/0123456789abcdef",
    "services.existing.traffic.securityGroupIds": "sg-0123456789abcdef0",
    "services.sidecars.name": "otel",
    "release.artifactKeyArn": f"arn:aws:kms:{_ACCOUNT}:key/0123abcd-4567-89ef-0123-456789abcdef",
    "notify.emails": "team@shop.io",
    "network.ownerAccountId": "111122223333",
    "services.pullThroughCachePrefixes": "docker-hub",
    "notify.alarmTopicArn": f"arn:aws:sns:{_ACCOUNT}:alarms",
}
"""By the setting's path, without the writer's own names and numbers."""


NAMED = ("images", "services")
"""Groups whose first level is the writer's own names."""


def plain(steps: Sequence[int | str]) -> str:
    """The path of a setting without the writer's own names and numbers."""
    words = [str(step) for step in steps if isinstance(step, str)]
    if words[:1] and words[0] in NAMED:
        words[1:2] = []
    return ".".join(words)


def names_a_group(steps: Sequence[int | str]) -> bool:
    """Whether the last step is a name of the writer's own, such as a service's."""
    return tuple(steps[:-1]) in {(group,) for group in NAMED}


def example(steps: Sequence[int | str]) -> str | None:
    """The example for the setting that `steps` lead to."""
    path = plain(steps)
    paths = (path, path.rpartition(".")[0])  # the last word of a variable's path is its own name
    return next((EXAMPLES[one] for one in paths if one in EXAMPLES), None)

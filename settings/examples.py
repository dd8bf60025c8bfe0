"""One right value for each setting that has a form: what a message shows instead of a regular expression."""

_ACCOUNT = "us-east-1:123456789012"

EXAMPLES = {
    "application": "shop",
    "namePrefix": "shop-dev-1",
    "image.repository": "shop/web",
    "image.tag": "stg",
    "image.movingTags.tag": "prd",
    "image.pushers.repository": "owner/name",
    "image.oidcProviderArn": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
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
    "services.rollout.hooks.beforeInstall": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.rollout.hooks.afterInstall": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.rollout.hooks.afterAllowTestTraffic": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.rollout.hooks.beforeAllowTraffic": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.rollout.hooks.afterAllowTraffic": f"arn:aws:lambda:{_ACCOUNT}:function:check",
    "services.sidecars.name": "otel",
    "release.artifactKeyArn": f"arn:aws:kms:{_ACCOUNT}:key/0123abcd-4567-89ef-0123-456789abcdef",
    "notify.emails": "team@shop.io",
    "network.ownerAccountId": "111122223333",
    "services.pullThroughCachePrefixes": "docker-hub",
    "notify.alarmTopicArn": f"arn:aws:sns:{_ACCOUNT}:alarms",
}
"""By the setting's path, without the writer's own names and numbers."""


def example(steps: list[int | str]) -> str | None:
    """The example for the setting that `steps` lead to."""
    words = [str(step) for step in steps if isinstance(step, str)]
    if words[:1] == ["services"]:
        words[1:2] = []
    paths = (".".join(words), ".".join(words[:-1]))  # the last word of a variable's path is its own name
    return next((EXAMPLES[path] for path in paths if path in EXAMPLES), None)

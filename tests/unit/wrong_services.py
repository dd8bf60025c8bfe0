"""Wrong settings of services by name: how each is made from the stg stack's, and what an operator must be told about it."""

from tests.unit.edits import drop, put, web
from tests.unit.harness import Change

BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shared/0123456789abcdef"
EXISTING = {
    "arn": BALANCER,
    "securityGroupId": "sg-0123456789abcdef0",
    "port": 8443,
}
SHIFT = {"percent": 10, "intervalMinutes": 5}
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}

REFUSED: dict[str, tuple[Change, list[str]]] = {
    "unknown key of a service": (
        put("services.web.loadBalancer.testport", 1),
        ["delivery:services.web.loadBalancer.testport is not a setting", "did you mean testPort?"],
    ),
    "snake case": (
        put("services.web.desired_count", 1),
        ["delivery:services.web.desired_count is not a setting", "did you mean desiredCount?"],
    ),
    "services left out": (drop("services"), ["delivery:services is missing", "without a service", "yet"]),
    "wrong type": (
        put("services.web.cpu", "much"),
        ["delivery:services.web.cpu is 'much'", "integer", "correct it"],
    ),
    "word with an end in it": (
        put("services.web.command", ["serve", "a\0b"]),
        ["delivery:services.web.command.1: has a NUL character", "leave it out"],
    ),
    "variable without a name": (
        put("services.web.environment", {"": "1"}),
        ["services.web.environment.'' is ''", "at least 1 character"],
    ),
    "variable with an end inside": (
        put("services.web.environment", {"A": "b\0c"}),
        ["delivery:services.web.environment.A: has a NUL character", "leave it out"],
    ),
    "two protocols on one port": (
        put("services.web.healthCheck", {"protocol": "HTTPS"}),
        [
            "delivery:services.web: healthCheck.protocol HTTPS is not what the container speaks on port 8080",
            "healthCheck.port",
        ],
    ),
    "variable that is no text": (
        put("services.web.environment", {"DEBUG": True}),
        ["delivery:services.web.environment.DEBUG: is a truth value", "put it in quotes"],
    ),
    "variable twice in a service": (
        put("services.web.environment", {"DATABASE_URL": "x"}),
        ["delivery:services.web: DATABASE_URL is in environment and in secrets"],
    ),
    "no services": (put("services", {}), ["delivery:services is {}", "at least 1"]),
    "too many services": (
        lambda raw: raw.update(services={f"s{i}": web(raw) for i in range(9)}),
        ["delivery:services is", "at most 8"],
    ),
    "service name": (
        lambda raw: raw.update(services={"Web": web(raw)}),
        ["service name 'Web' does not have the form", "choose another"],
    ),
    "service name with a line end": (
        lambda raw: raw.update(services={"web\n": web(raw)}),
        ["does not have the form"],
    ),
    "two architectures": (
        lambda raw: raw.update(services={"a": web(raw), "b": {**web(raw), "architecture": "ARM64"}}),
        ["services ask for ARM64 and X86_64", "give all services the same"],
    ),
    "one port of one balancer twice": (
        lambda raw: raw.update(services={k: {**web(raw), "loadBalancer": EXISTING} for k in ("a", "b")}),
        ["services a and b both listen on port 8443 of one load balancer", "choose another port"],
    ),
    "cluster ARN": (
        put("services.web.cluster", "arn:aws:ecs:x"),
        ["services.web.cluster is 'arn:aws:ecs:x'"],
    ),
    "cpu": (put("services.web.cpu", 300), ["cpu 300 is not a Fargate size", "256, 512"]),
    "memory": (
        put("services.web.memory", 8192),
        [
            "delivery:services.web: Fargate offers no 8192 MiB with cpu 256",
            "choose memory from 512, 1024, 2048",
        ],
    ),
    "architecture": (
        put("services.web.architecture", "arm"),
        ["services.web.architecture is 'arm'", "ARM64"],
    ),
    "stop timeout": (put("services.web.stopTimeoutSeconds", 300), ["stopTimeoutSeconds is 300", "120"]),
    "desired count": (put("services.web.desiredCount", 0), ["desiredCount is 0"]),
    "health path": (put("services.web.healthCheck.path", "healthz"), ["healthCheck.path is 'healthz'"]),
    "health status": (
        put("services.web.healthCheck.statusCodes", "ok"),
        ["healthCheck.statusCodes: 'ok' is no list of status codes", "write it as 200"],
    ),
    "health timeout": (
        put("services.web.healthCheck.timeoutSeconds", 10),
        [
            "delivery:services.web.healthCheck: timeoutSeconds 10 is not below intervalSeconds 10",
            "lower the timeout",
        ],
    ),
    "no load balancer": (put("services.web.loadBalancer", {"port": 80}), ["needs exactly one of arn"]),
    "two load balancers": (
        put(
            "services.web.loadBalancer",
            {**EXISTING, "publicSubnetIds": ["subnet-00000001", "subnet-00000002"]},
        ),
        ["needs exactly one of arn"],
    ),
    "existing load balancer without its group": (
        put("services.web.loadBalancer", {"arn": BALANCER, "port": 80}),
        ["arn and securityGroupId belong together"],
    ),
    "network load balancer": (
        put("services.web.loadBalancer", {**EXISTING, "arn": BALANCER.replace("/app/", "/net/")}),
        ["loadBalancer.arn is"],
    ),
    "one public subnet": (
        put("services.web.loadBalancer.publicSubnetIds", ["subnet-00000001"]),
        ["publicSubnetIds is ['subnet-00000001']", "at least 2"],
    ),
    "test port": (
        put("services.web.loadBalancer.testPort", 80),
        ["delivery:services.web.loadBalancer: testPort 80 is the production port", "choose another port"],
    ),
    "range": (put("services.web.loadBalancer.allowedCidrs", ["all"]), ["allowedCidrs.0: 'all' is no range"]),
    "certificate": (put("services.web.loadBalancer.certificateArn", "mine"), ["certificateArn is 'mine'"]),
    "range beyond IPv4": (
        put("services.web.loadBalancer.allowedCidrs", ["10.0.0.999/8"]),
        ["'10.0.0.999/8' is no range of IPv4 addresses", "write it as"],
    ),
    "plain HTTP on 443": (
        put("services.web.loadBalancer.port", 443),
        [
            "delivery:services.web.loadBalancer: port 443",
            "there is no certificateArn",
            "another port such as 80",
        ],
    ),
    "health check that the bootstrap page fails": (
        put("services.web.healthCheck", {"statusCodes": "204,300-302"}),
        ["delivery:services.web.healthCheck.statusCodes: 204,300-302 leaves 200 out", "add 200"],
    ),
    "service named as the migration": (
        lambda raw: raw.update(services={"migrate": web(raw)}),
        ["service name 'migrate' is taken", "choose another"],
    ),
    "service named as ELB forbids": (
        lambda raw: raw.update(services={"internal-api": web(raw)}),
        ["service name 'internal-api' is taken"],
    ),
    "traffic shift": (
        put("services.web.rollout.trafficShift", "CodeDeployDefault.OneAtATime"),
        ["trafficShift is 'CodeDeployDefault.OneAtATime'", "CodeDeployDefault.ECSAllAtOnce"],
    ),
    "a canary beside a linear shift": (
        put("services.web.rollout", {"canary": SHIFT, "linear": SHIFT}),
        ["rollout: names canary and linear, and traffic moves in one way: give one"],
    ),
    "a canary beside a predefined shift": (
        put("services.web.rollout", {"canary": SHIFT, "trafficShift": "CodeDeployDefault.ECSAllAtOnce"}),
        ["rollout: names canary and trafficShift, and traffic moves in one way"],
    ),
    "a canary of nothing": (
        put("services.web.rollout", {"canary": {**SHIFT, "percent": 0}}),
        ["rollout.canary.percent is 0", "greater than 0"],
    ),
    "a canary of everything": (
        put("services.web.rollout", {"canary": {**SHIFT, "percent": 100}}),
        ["rollout.canary.percent is 100", "1 to 99", "rollout.by: ecs"],
    ),
    "a canary of part of a percent": (
        put("services.web.rollout", {"canary": {**SHIFT, "percent": 2.5}}),
        ["rollout.canary.percent is 2.5", "integer"],
    ),
    "a canary that does not wait": (
        put("services.web.rollout", {"canary": {**SHIFT, "intervalMinutes": 0}}),
        ["rollout.canary.intervalMinutes is 0", "1"],
    ),
    "a canary without an interval": (
        put("services.web.rollout", {"canary": {"percent": 10}}),
        ["rollout.canary.intervalMinutes is missing"],
    ),
    "a canary of more than two days": (
        put("services.web.rollout", {"canary": {**SHIFT, "intervalMinutes": 2881}}),
        ["rollout.canary.intervalMinutes is 2881", "2880"],
    ),
    "a linear shift of more than two days": (
        put("services.web.rollout", {"linear": {"percent": 1, "intervalMinutes": 30}}),
        ["rollout.linear: 1 percent every 30 minutes take 2970 minutes", "2880: raise percent or lower"],
    ),
    "a configuration by a name of one's own": (
        put("services.web.rollout.trafficShift", "shop-canary"),
        ["rollout.trafficShift is 'shop-canary'", "CodeDeployDefault.ECSAllAtOnce"],
    ),
    "hook": (put("services.web.rollout.hooks.beforeInstall", "fn"), ["hooks.beforeInstall is 'fn'"]),
    "sidecar named as the container": (
        put("services.web.sidecars", [{"name": "app", "image": "x"}]),
        ["delivery:services.web: container name app is used twice in one task"],
    ),
    "sidecar twice": (
        put("services.web.sidecars", [{"name": "otel", "image": "x"}] * 2),
        ["container name otel is used twice"],
    ),
    "sidecar variable twice": (
        put(
            "services.web.sidecars",
            [{"name": "o", "image": "x", "environment": {"A": ""}, "secrets": {"A": "/a"}}],
        ),
        ["A is in environment and in secrets"],
    ),
    "task role wildcard": (
        put("services.web.taskRoleStatements", [{**STATEMENT, "Action": ["s3:Get*"]}]),
        ["delivery:services.web.taskRoleStatements.0: action 's3:Get*' has a wildcard", "name each action"],
    ),
    "task role key": (
        put("services.web.taskRoleStatements", [{**STATEMENT, "Actions": "x"}]),
        ["taskRoleStatements.0: has Actions, which no statement has", "did you mean Action?"],
    ),
    "task role without resource": (
        put("services.web.taskRoleStatements", [{"Effect": "Allow", "Action": "s3:GetObject"}]),
        ["taskRoleStatements.0: has neither of Resource and NotResource", "give one, for example"],
    ),
    "a hook for test traffic without any": (
        put(
            "services.web.rollout",
            {"hooks": {"afterAllowTestTraffic": "arn:aws:lambda:us-east-1:123456789012:function:check"}},
        ),
        [
            "rollout.hooks.afterAllowTestTraffic",
            "there is neither loadBalancer.testPort nor loadBalancer.listener.test",
        ],
    ),
    "grace period": (
        put("services.web.healthCheck", {"gracePeriodSeconds": 2_147_483_648}),
        ["gracePeriodSeconds is 2147483648", "2147483647"],
    ),
}

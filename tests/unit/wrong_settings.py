"""Wrong settings by name: how each is made from the stg stack's, and what an operator must be told about it."""

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
    "unknown top-level key": (
        put("relese", {}),
        ["delivery:relese is not a setting", "did you mean release?"],
    ),
    "unknown key": (
        put("images.app.repo", "x"),
        ["delivery:images.app.repo is not a setting", "did you mean repository?"],
    ),
    "unknown key of a service": (
        put("services.web.loadBalancer.testport", 1),
        ["delivery:services.web.loadBalancer.testport is not a setting", "did you mean testPort?"],
    ),
    "unknown key in a list": (
        put("images.app.pushers.0.brunch", "x"),
        ["delivery:images.app.pushers.0.brunch is not a setting", "did you mean branch?"],
    ),
    "unknown key like none": (put("notify.zzzzzz", 1), ["remove it, or use one of alarmTopicArn, emails"]),
    "snake case": (
        put("services.web.desired_count", 1),
        ["delivery:services.web.desired_count is not a setting", "did you mean desiredCount?"],
    ),
    "missing": (drop("source.push.tag"), ["delivery:source.push.tag is missing and has no default; add it"]),
    "no source": (drop("source"), ["delivery:source is missing", "push: {tag: stg}", "add it"]),
    "no answer of the source": (
        put("source", {}),
        ["delivery:source.push is missing and has no default; add it"],
    ),
    "unknown answer of the source": (
        put("source.psuh", {}),
        ["delivery:source.psuh is not a setting", "did you mean push?"],
    ),
    "two answers of the source": (
        put("source.manifest", {}),
        ["delivery:source: names push and manifest", "exactly one source", "give push alone"],
    ),
    "source by manifest": (
        put("source", {"manifest": {}}),
        ["delivery:source: names manifest", "object in S3", "yet", "write push:"],
    ),
    "source by repository": (
        put("source", {"repository": {"connection": "c"}}),
        ["delivery:source: names repository", "no pipeline builds images", "yet", "write push:"],
    ),
    "source by CI": (
        put("source", {"ci": None}),
        ["delivery:source: names ci", "no stack without a pipeline", "yet", "write push:"],
    ),
    "declared source": (
        put("source", {"declared": {"app": {"tag": "v1"}}}),
        ["delivery:source: names declared", "`pulumi up` itself", "yet", "write push:"],
    ),
    "no images": (drop("images"), ["delivery:images is missing", "what is built", "add it"]),
    "images without an image": (
        put("images", {}),
        ["delivery:images: names no image", "app: {repository: shop}"],
    ),
    "several images": (
        put("images.worker", {"repository": "worker"}),
        ["delivery:images: names app and worker", "no release takes several images yet", "keep one"],
    ),
    "name of an image": (
        put("images", {"App": {"repository": "shop"}}),
        ["delivery:images.App is 'App': must have the form of app"],
    ),
    "no network": (drop("network"), ["delivery:network is missing", "nothing works without one yet"]),
    "no migration": (
        drop("migration"),
        ["delivery:migration is missing", "nobody migrates does not work yet", "add it"],
    ),
    "empty migration": (put("migration", None), ["delivery:migration is missing", "yet", "add it"]),
    "services left out": (drop("services"), ["delivery:services is missing", "without a service", "yet"]),
    "worker": (
        drop("services.web.loadBalancer"),
        ["delivery:services.web.loadBalancer is missing", "workers do not work yet"],
    ),
    "jobs": (put("jobs", {}), ["delivery:jobs does not work yet", "tasks on a schedule", "remove it"]),
    "overrides": (put("overrides", {}), ["delivery:overrides does not work yet", "remove it"]),
    "wrong type": (
        put("services.web.cpu", "much"),
        ["delivery:services.web.cpu is 'much'", "integer", "correct it"],
    ),
    "application": (put("application", "Shop"), ["delivery:application is 'Shop'", "must have the form"]),
    "application too long": (put("application", "a" * 25), ["must have the form"]),
    "repository name": (
        put("images.app.repository", "Shop"),
        ["delivery:images.app.repository is 'Shop'", "form"],
    ),
    "tag with a slash": (
        put("source.push.tag", "a/b"),
        ["delivery:source.push.tag is 'a/b'", "must have the form"],
    ),
    "tag beginning with a dot": (put("source.push.tag", ".stg"), ["delivery:source.push.tag is '.stg'"]),
    "tag too long": (put("source.push.tag", "a" * 129), ["delivery:source.push.tag"]),
    "tag with a wildcard": (put("source.push.tag", "stg*"), ["delivery:source.push.tag is 'stg*'"]),
    "moving tag with three wildcards": (
        put("images.app.movingTags", [{"tag": "a*b*c*"}]),
        ["delivery:images.app.movingTags.0", "'a*b*c*' has 3 wildcards", "ECR takes 2", "use fewer"],
    ),
    "moving tag that is every tag": (put("images.app.movingTags", [{"tag": "*"}]), ["'*' is every tag"]),
    "moving tag with a slash": (
        put("images.app.movingTags", [{"tag": "a/b"}]),
        ["movingTags.0.tag is 'a/b'"],
    ),
    "moving tag twice": (
        put("images.app.movingTags", [{"tag": "prd"}, {"tag": "prd"}]),
        ["name prd twice", "name each once"],
    ),
    "moving tag that YAML reads as a number": (
        put("images.app.movingTags", ["prd", 1.10]),
        ["images.app.movingTags.1.tag is 1.1", "YAML reads it as a number", "put it in quotes"],
    ),
    "moving tags beyond ECR's filters": (
        put("images.app.movingTags", [{"tag": f"t{i}"} for i in range(5)]),
        [
            "images.app.movingTags and the stack's own tag make 6 exclusion filters",
            "ECR takes 5",
            "join some",
        ],
    ),
    "moving tag that takes released ones": (
        put("images.app.movingTags", [{"tag": "re*"}]),
        ["'re*' matches released-", "choose another"],
    ),
    "moving tags of somebody else's repository": (
        put(
            "images.app",
            {"repository": "shop", "createRepository": False, "movingTags": [{"tag": "prd"}]},
        ),
        ["createRepository is false", "set them where the repository is made"],
    ),
    "a tag that marks releases": (
        put("source.push.tag", "released-x"),
        ["begins with released-", "choose another"],
    ),
    "unreleased images too short": (
        put("images.app.keepUnreleasedDays", 60),
        ["delivery:images.app.keepUnreleasedDays is 60", "61"],
    ),
    "OIDC provider": (put("images.app.oidcProviderArn", "github"), ["oidcProviderArn is 'github'"]),
    "two subjects": (
        put("images.app.pushers.0.environment", "stg"),
        ["delivery:images.app.pushers.0: names 2 of branch, gitTag and environment", "give one"],
    ),
    "wildcard subject": (
        put("images.app.pushers.0.branch", "release/*"),
        ["'release/*' has a wildcard", "list each"],
    ),
    "half an immutable subject": (
        put("images.app.pushers.0.ownerId", 1),
        ["only one of ownerId and repositoryId"],
    ),
    "pusher twice": (
        put("images.app.pushers", [{"repository": "o/r", "branch": "main"}] * 2),
        ["delivery:images.app.pushers: lists the same pusher twice"],
    ),
    "pusher's repository": (
        put("images.app.pushers.0.repository", "shop"),
        ["pushers.0.repository is 'shop'"],
    ),
    "VPC": (put("network.vpcId", "vpc-1"), ["delivery:network.vpcId is 'vpc-1'", "must have the form"]),
    "no subnets": (
        put("network.privateSubnetIds", []),
        ["delivery:network.privateSubnetIds is []", "at least 1"],
    ),
    "too many subnets": (
        put("network.privateSubnetIds", [f"subnet-{i:08x}" for i in range(17)]),
        ["delivery:network.privateSubnetIds", "at most 16"],
    ),
    "subnet twice": (
        put("network.privateSubnetIds", ["subnet-00000001"] * 2),
        ["subnet-00000001 stands there more than once"],
    ),
    "database group": (put("network.database.securityGroupId", "sg"), ["database.securityGroupId is 'sg'"]),
    "port": (put("network.database.port", 65536), ["delivery:network.database.port is 65536", "65535"]),
    "no command": (put("migration.command", []), ["delivery:migration.command is []"]),
    "program without a name": (
        put("migration.entryPoint", ["", "-c"]),
        ["delivery:migration.entryPoint: begins with an empty word", "name the program first"],
    ),
    "word with an end in it": (
        put("services.web.command", ["serve", "a\0b"]),
        ["delivery:services.web.command.1: has a NUL character", "leave it out"],
    ),
    "command as one text": (
        put("migration.command", "a b"),
        ["delivery:migration.command is 'a b'", "list"],
    ),
    "migration timeout": (put("migration.timeoutMinutes", 2160), ["timeoutMinutes is 2160", "2145"]),
    "compute type": (
        put("migration.computeType", "HUGE"),
        ["computeType is 'HUGE'", "BUILD_GENERAL1_SMALL"],
    ),
    "retention": (put("migration.logRetentionDays", 31), ["logRetentionDays is 31", "30"]),
    "variable name": (
        put("migration.environment", {"A=B": "1"}),
        [
            "delivery:migration.environment.A=B: the variable name 'A=B' has an equals sign",
            "choose another name",
        ],
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
    "relative folder": (
        put("migration.workingDirectory", "app"),
        ["delivery:migration.workingDirectory is 'app'", "must have the form of /app"],
    ),
    "variable that is no text": (
        put("services.web.environment", {"DEBUG": True}),
        ["delivery:services.web.environment.DEBUG: is a truth value", "put it in quotes"],
    ),
    "variable twice in the migration": (
        put("migration.environment", {"DATABASE_URL": "x"}),
        ["delivery:migration: DATABASE_URL is in environment and in secrets", "keep one"],
    ),
    "variable twice in a service": (
        put("services.web.environment", {"DATABASE_URL": "x"}),
        ["delivery:services.web: DATABASE_URL is in environment and in secrets"],
    ),
    "secret": (put("migration.secrets", {"A": "hunter2?"}), ["delivery:migration.secrets.A", "is neither"]),
    "secret key": (put("migration.secretsKmsKeys", ["alias/x"]), ["secretsKmsKeys.0", "must have the form"]),
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
    "more pushers than a trust policy holds": (
        put("images.app.pushers", [{"repository": f"o/{'r' * 80}", "branch": f"b{i}"} for i in range(20)]),
        ["delivery:images.app: 20 pushers make a trust policy of", "IAM takes 2048", "list fewer"],
    ),
    "address twice": (
        put("notify.emails", ["a@b.io"] * 2),
        ["delivery:notify.emails: a@b.io stands there more than once"],
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
        ["rollout.canary.percent is 0", "1"],
    ),
    "a canary of everything": (
        put("services.web.rollout", {"canary": {**SHIFT, "percent": 100}}),
        ["rollout.canary.percent is 100", "99"],
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
        ["rollout: linear: 1 percent every 30 minutes take 2970 minutes", "2880: raise percent or lower"],
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
    "mode": (put("release.mode", "PARALLEL"), ["delivery:release.mode is 'PARALLEL'", "'QUEUED'"]),
    "approval timeout": (
        put("release.approval", {"timeoutMinutes": 1}),
        ["approval.timeoutMinutes is 1", "5"],
    ),
    "window": (
        put("release.window", {"cron": "0 9 * * *"}),
        ["delivery:release.window.cron: cron '0 9 * * *' has 5 fields", "write it as"],
    ),
    "a hook for test traffic without any": (
        put(
            "services.web.rollout",
            {"hooks": {"afterAllowTestTraffic": "arn:aws:lambda:us-east-1:123456789012:function:check"}},
        ),
        ["rollout.hooks.afterAllowTestTraffic", "there is no loadBalancer.testPort: give one"],
    ),
    "alarm threshold": (put("release.alarms", {"serverErrors": 0}), ["alarms.serverErrors is 0"]),
    "an alarm quicker than a start may be slow": (
        put("release.alarms", {"unhealthyMinutes": 2}),
        [
            "release.alarms.unhealthyMinutes 2 contradicts services.web.healthCheck.gracePeriodSeconds 60",
            "unhealthyThreshold 3",
            "intervalSeconds 10",
            "raise unhealthyMinutes to 3",
        ],
    ),
    "a longer alarm than CloudWatch looks back": (
        put("release.alarms", {"unhealthyMinutes": 1441}),
        ["alarms.unhealthyMinutes is 1441", "1440"],
    ),
    "grace period": (
        put("services.web.healthCheck", {"gracePeriodSeconds": 2_147_483_648}),
        ["gracePeriodSeconds is 2147483648", "2147483647"],
    ),
    "blue retention": (put("release.blueRetentionMinutes", 2881), ["blueRetentionMinutes is 2881", "2880"]),
    "artifact key": (put("release.artifactKeyArn", "alias/aws/s3"), ["artifactKeyArn is 'alias/aws/s3'"]),
    "protect undecided": (drop("release.protect"), ["delivery:release.protect is missing"]),
    "address": (put("notify.emails", ["me"]), ["delivery:notify.emails.0 is 'me'"]),
    "alarm topic": (put("notify.alarmTopicArn", "topic"), ["delivery:notify.alarmTopicArn is 'topic'"]),
}

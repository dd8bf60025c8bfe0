"""Wrong settings but those of services by name: how each is made from the stg stack's, and what an operator must be told about it."""

from tests.unit.edits import drop, put
from tests.unit.harness import Change

REFUSED: dict[str, tuple[Change, list[str]]] = {
    "unknown top-level key": (
        put("relese", {}),
        ["delivery:relese is not a setting", "did you mean release?"],
    ),
    "unknown key": (
        put("images.app.repo", "x"),
        ["delivery:images.app.repo is not a setting", "did you mean repository?"],
    ),
    "unknown key in a list": (
        put("images.app.pushers.0.brunch", "x"),
        ["delivery:images.app.pushers.0.brunch is not a setting", "did you mean branch?"],
    ),
    "unknown key like none": (put("notify.zzzzzz", 1), ["remove it, or use one of alarmTopicArn, emails"]),
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
    "jobs": (put("jobs", {}), ["delivery:jobs does not work yet", "tasks on a schedule", "remove it"]),
    "overrides": (put("overrides", {}), ["delivery:overrides does not work yet", "remove it"]),
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
    "relative folder": (
        put("migration.workingDirectory", "app"),
        ["delivery:migration.workingDirectory is 'app'", "must have the form of /app"],
    ),
    "variable twice in the migration": (
        put("migration.environment", {"DATABASE_URL": "x"}),
        ["delivery:migration: DATABASE_URL is in environment and in secrets", "keep one"],
    ),
    "secret": (put("migration.secrets", {"A": "hunter2?"}), ["delivery:migration.secrets.A", "is neither"]),
    "secret key": (put("migration.secretsKmsKeys", ["alias/x"]), ["secretsKmsKeys.0", "must have the form"]),
    "more pushers than a trust policy holds": (
        put("images.app.pushers", [{"repository": f"o/{'r' * 80}", "branch": f"b{i}"} for i in range(20)]),
        ["delivery:images.app: 20 pushers make a trust policy of", "IAM takes 2048", "list fewer"],
    ),
    "address twice": (
        put("notify.emails", ["a@b.io"] * 2),
        ["delivery:notify.emails: a@b.io stands there more than once"],
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
    "blue retention": (put("release.blueRetentionMinutes", 2881), ["blueRetentionMinutes is 2881", "2880"]),
    "artifact key": (put("release.artifactKeyArn", "alias/aws/s3"), ["artifactKeyArn is 'alias/aws/s3'"]),
    "protect undecided": (drop("release.protect"), ["delivery:release.protect is missing"]),
    "address": (put("notify.emails", ["me"]), ["delivery:notify.emails.0 is 'me'"]),
    "alarm topic": (put("notify.alarmTopicArn", "topic"), ["delivery:notify.alarmTopicArn is 'topic'"]),
}

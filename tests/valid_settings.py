"""Draws settings that load, over every key: made by walking the models, so that a new key is drawn without a change here.

A setting whose value is more than a type (a reference, a size, a statement) has its strategy in `MEANT`, by its path without the
writer's own names; groups whose parts hang together are brought together in `_together`.
"""

from enum import Enum
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from settings import Settings, SettingsError, parse
from settings.examples import EXAMPLES
from settings.image import Image
from settings.service import FARGATE_MEMORY, Service

Drawn = dict[str, Any]

ADOPTED = 1
"""Which of the services others may have made: not the first, or half of what is drawn would be theirs."""

_HEX = st.text(alphabet="0123456789abcdef", min_size=17, max_size=17)
_SECRETS = st.sampled_from(
    [
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/stg/database-AbCdEf",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/stg/database-AbCdEf:url::",
        "arn:aws:ssm:us-east-1:123456789012:parameter/shop/token",
        "/shop/stg/token",
    ]
)
_NAMES = st.sampled_from(["LOG_LEVEL", "TOKEN", "DATABASE_URL", "A1", "spam"])
_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20)
_STATEMENT = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.lists(st.sampled_from(["s3:GetObject", "sqs:SendMessage"]), min_size=1, unique=True),
        "Resource": st.sampled_from(["*", "arn:aws:s3:::bucket/*", "arn:aws:sqs:*:123456789012:q"]),
    }
)
_PUSHER = st.builds(
    lambda repository, subject, ids: {"repository": f"owner/{repository}", **subject, **ids},
    st.from_regex(r"[a-z]{1,9}", fullmatch=True),
    st.sampled_from([{"branch": "main"}, {"gitTag": "v1"}, {"environment": "prd"}]),
    st.sampled_from([{}, {"ownerId": 1001, "repositoryId": 2002}]),
)
_RANGES = st.sampled_from([["0.0.0.0/0"], ["10.0.0.0/8", "192.168.0.0/16"], ["100.68.0.18/18"]])

MEANT: dict[str, st.SearchStrategy[Any]] = {
    "application": st.from_regex(r"[a-z][a-z0-9]{0,8}[a-z0-9]", fullmatch=True),
    "namePrefix": st.just(""),
    "images.repository": st.from_regex(r"[a-z0-9]{2,9}(/[a-z0-9]{1,9})?", fullmatch=True),
    "source.push.tag": st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,9}", fullmatch=True),
    "images.pushers": st.lists(_PUSHER, max_size=3, unique_by=repr),
    "images.movingTags": st.sampled_from(
        [[], ["nightly"], [{"tag": "nightly", "keep": 3}], ["stg", "cache*"]]
    ),
    "network.vpcId": _HEX.map(lambda digits: f"vpc-{digits}"),
    "network.privateSubnetIds": st.lists(
        _HEX.map(lambda d: f"subnet-{d}"), min_size=1, max_size=3, unique=True
    ),
    "network.database.securityGroupId": _HEX.map(lambda digits: f"sg-{digits}"),
    "migration.environment": st.dictionaries(_NAMES.filter(str.isupper), _TEXT, max_size=2),
    "services.environment": st.dictionaries(_NAMES, _TEXT, max_size=2),
    "services.sidecars.environment": st.dictionaries(_NAMES, _TEXT, max_size=2),
    "services.cpu": st.sampled_from(sorted(FARGATE_MEMORY)),
    "services.taskRoleStatements": st.lists(_STATEMENT, max_size=2),
    "services.executionRoleStatements": st.lists(_STATEMENT, max_size=2),
    "services.container": st.sampled_from(["app", "web_1", "A-b"]),
    "services.sidecars.name": st.sampled_from(["otel", "proxy"]),
    "services.sidecars.image": st.sampled_from(["otel/collector:1", "public.ecr.aws/docker/library/redis:7"]),
    "services.healthCheck.path": st.sampled_from(["/", "/healthz", "/a/b?c=d"]),
    "services.healthCheck.statusCodes": st.sampled_from(["200", "200-299", "200,302", "200-499"]),
    "services.rollout.bakeTimeMinutes": st.integers(0, 60),
    "services.rollout.lifecycleHooks.pause.timeoutMinutes": st.integers(1, 60),
    "services.rollout.canary.intervalMinutes": st.integers(1, 60),
    "services.rollout.linear.intervalMinutes": st.integers(1, 10),
    "services.rollout.linear.percent": st.integers(3, 99),
    "services.rollout.canary.percent": st.integers(1, 99),
    "services.rollout.rolling": st.sampled_from(
        [{}, {"minimumHealthyPercent": 0, "maximumPercent": 100}, {"minimumHealthyPercent": 50}]
    ),
    "services.loadBalancer.publicSubnetIds": st.lists(
        _HEX.map(lambda d: f"subnet-{d}"), min_size=2, max_size=3, unique=True
    ),
    "services.loadBalancer.allowedCidrs": _RANGES,
    "release.window.cron": st.sampled_from(["0 * 9-16 ? * MON-FRI *", "0 0/5 * L * ?", "* * * ? * 6#3"]),
    "release.window.timeZone": st.sampled_from(["UTC", "Europe/Berlin", "UTC+05:30", "PST"]),
    "notify.emails": st.lists(st.sampled_from(["a@shop.io", "team@shop.io"]), max_size=2, unique=True),
}
"""Strategies of settings that mean more than their type."""

_LARGEST = 10_000


def _field(field: FieldInfo, path: str) -> st.SearchStrategy[Any]:
    low, high = 0, _LARGEST
    for rule in field.metadata:
        low = max(low, getattr(rule, "ge", low) or low, (getattr(rule, "gt", None) or low - 1) + 1)
        high = min(high, getattr(rule, "le", None) or high, (getattr(rule, "lt", None) or high + 1) - 1)
    return _of(field.annotation, path, low, high)


def _of(annotation: Any, path: str, low: int = 1, high: int = _LARGEST) -> st.SearchStrategy[Any]:  # noqa: C901, PLR0911, PLR0912  (one branch for each kind of type)
    if path in MEANT:
        return MEANT[path]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        for part in arguments[1:]:
            if isinstance(part, FieldInfo):
                for rule in part.metadata:
                    low, high = getattr(rule, "ge", low) or low, getattr(rule, "le", high) or high
        return _of(arguments[0], path, low, high)
    if NoneType in arguments:
        return _of(next(one for one in arguments if one is not NoneType), path, low, high)
    if origin is Literal:
        return st.sampled_from(arguments)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _group(annotation, path)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from([one.value for one in annotation])
    if path.endswith(("secrets", "Secrets")):
        return st.dictionaries(_NAMES.filter(str.isupper), _SECRETS, max_size=2)
    if origin is list:
        return st.lists(_of(arguments[0], path, low, high), min_size=1, max_size=2, unique_by=repr)
    if origin is dict:
        return st.dictionaries(_NAMES, _of(arguments[1], path, low, high), max_size=2)
    if annotation is bool:
        return st.booleans()
    if annotation is int or annotation is float:
        return st.integers(low, high)
    return st.just(EXAMPLES[path]) if path in EXAMPLES else _TEXT


def _group(model: type[BaseModel], path: str) -> st.SearchStrategy[Drawn]:
    required, optional = {}, {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        below = f"{path}.{key}" if path else key
        strategy = _named(below) if below in ("images", "services") else _field(field, below)
        (required if field.is_required() else optional)[key] = strategy
    return st.fixed_dictionaries(required, optional=optional)


def _named(path: str) -> st.SearchStrategy[Drawn]:
    """Groups by the writer's own names: one image, and some services."""
    model, most = (Image, 1) if path == "images" else (Service, 3)
    names = st.from_regex(r"[a-z][a-z0-9]{0,7}", fullmatch=True)
    return st.dictionaries(names, _group(model, path), min_size=1, max_size=most)


def _together(raw: Drawn) -> Drawn:
    """Bring what hangs together into line: where two settings contradict each other, the second gives way."""
    architecture = next(iter(raw["services"].values())).get("architecture", "X86_64")
    for number, service in enumerate(raw["services"].values()):
        service["architecture"] = architecture
        service["memory"] = FARGATE_MEMORY[service["cpu"]][0]
        _one_source(service)
        sidecars = {sidecar["name"]: sidecar for sidecar in service.get("sidecars", [])}
        service["sidecars"] = list(sidecars.values())
        for sidecar in service["sidecars"]:
            _one_source(sidecar)
        if number == ADOPTED and "existing" in service:
            _adopt(service)
            continue
        service.pop("existing", None)
        if "loadBalancer" in service:
            check = service.get("healthCheck", {})
            check["timeoutSeconds"] = min(
                check.get("timeoutSeconds", 5), check.get("intervalSeconds", 10) - 1
            )
            _balancer(service["loadBalancer"], number)
        else:
            for of_traffic in ("port", "protocol", "healthCheck"):
                service.pop(of_traffic, None)
        _rollout(service.get("rollout", {}), web="loadBalancer" in service)
        _beside(service)
    _one_source(raw["migration"])
    return raw


def _adopt(service: Drawn) -> None:
    """Leave to its owner what is the owner's."""
    for owners in (
        "loadBalancer",
        "desiredCount",
        "autoscaled",
        "bootstrapImage",
        "pullThroughCachePrefixes",
    ):
        service.pop(owners, None)
    for others in ("taskRoleStatements", "executionRoleStatements", "port", "protocol", "healthCheck"):
        service.pop(others, None)
    rollout = service.get("rollout", {})
    if "traffic" in service["existing"]:
        group = EXAMPLES["services.existing.traffic.targetGroupArns"]
        service["existing"]["traffic"]["targetGroupArns"] = [group, f"{group}0"]
        service["existing"]["traffic"]["testListenerArn"] = EXAMPLES[
            "services.existing.traffic.testListenerArn"
        ]
        rollout["by"] = "codedeploy"
        _rollout(rollout, web=True)
    else:
        _keep(rollout, "order")


def _one_source(group: Drawn) -> None:
    group["environment"] = {
        name: value
        for name, value in group.get("environment", {}).items()
        if name not in group.get("secrets", {})
    }


def _rollout(rollout: Drawn, *, web: bool) -> None:
    """Who moves the service decides what else may stand there."""
    if not web:
        rollout.pop("by", None)
    else:
        rollout.pop("order", None)
    if not web and rollout.get("strategy") in ("canary", "linear"):
        rollout["strategy"] = "blueGreen"
    if web and rollout.get("by", "codedeploy") == "codedeploy":
        _keep(
            rollout,
            "by",
            "hooks",
            *[one for one in ("trafficShift", "canary", "linear") if one in rollout][:1],
        )
    else:
        strategy = rollout.get("strategy", "blueGreen" if web else "rolling")
        hooks = () if strategy == "rolling" else ("lifecycleHooks",)
        _keep(rollout, "by", "order", "strategy", "bakeTimeMinutes", strategy, *hooks)
        if strategy in ("canary", "linear"):
            rollout.setdefault(strategy, {"percent": 10, "intervalMinutes": 5})
        for hook in rollout.get("lifecycleHooks", ()):
            hook["stages"] = ["PRE_SCALE_UP"]
            hook.pop("function" if "pause" in hook else "pause", None)
            if "pause" in hook:
                hook.pop("details", None)
            else:
                hook.setdefault("function", EXAMPLES["services.rollout.lifecycleHooks.function"])


def _beside(service: Drawn) -> None:
    """Service Connect goes with ECS, and target groups of others with its rolling deployments of web services."""
    web, rollout = "loadBalancer" in service, service.get("rollout", {})
    ecs = not web or rollout.get("by") == "ecs"
    if not ecs:
        service.pop("serviceConnect", None)
    if "serviceConnect" in service:
        service["serviceConnect"] = {"namespace": "shop"}
    if not (web and ecs and rollout.get("strategy") == "rolling"):
        service.pop("furtherTargetGroups", None)


def _keep(rollout: Drawn, *names: str) -> None:
    for other in set(rollout) - set(names):
        del rollout[other]


def _balancer(balancer: Drawn, number: int) -> None:
    existing = (
        "arn" in balancer and balancer.get("internal", False) is False and "securityGroupId" in balancer
    )
    if existing:
        balancer.pop("publicSubnetIds", None)
    else:
        balancer.pop("arn", None)
        balancer.pop("securityGroupId", None)
        balancer.setdefault("publicSubnetIds", ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"])
    balancer["port"] = 8000 + number  # one load balancer may serve several services
    if "testPort" in balancer:
        balancer["testPort"] = 9000 + number


def _loads(raw: Drawn) -> bool:
    try:
        parse(raw)
    except SettingsError:
        return False
    return True


def drawn() -> st.SearchStrategy[Drawn]:
    """Settings as a stack's YAML has them, of any shape the models allow, whether or not they load."""
    return _group(Settings, "").map(_together)


def valid_settings() -> st.SearchStrategy[Drawn]:
    """Settings as a stack's YAML has them, keyed without the namespace, that load."""
    return drawn().filter(_loads)

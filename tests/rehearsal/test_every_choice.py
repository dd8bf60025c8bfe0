"""A stack with every choice that leans on the world outside it, released for real; the same world refusing."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from rehearsal.codepipeline.status import ExecutionStatus
from rehearsal.ecr.registry_rules import TagRule
from rehearsal.ecs import image_pull
from rehearsal.ecs.task import TASKS
from rehearsal.host.project import ROOT
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.plays.versions import V1, V2, V4
from rehearsal.running.outside import HookResult, Outside
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.running.traffic import get
from rehearsal.world.pull_through_caches import PullThroughCaches

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:check"
SHARED = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shared/0123456789abcdef"
CACHED = "123456789012.dkr.ecr.us-east-1.amazonaws.com/hub/library/redis:7"
RDS = "shop.cluster-c9akciq32rgw.us-east-1.rds.amazonaws.com"
PLAIN = {"DATABASE_URL": f"postgresql://shop:hush@{RDS}:5432/shop", "LOG_LEVEL": "debug"}
HOOKS = ("beforeInstall", "afterInstall", "afterAllowTestTraffic", "beforeAllowTraffic", "afterAllowTraffic")


@dataclass
class World:
    """What is outside, free to change between releases."""

    consents: bool = True
    hooks: dict[str, HookResult] = field(default_factory=dict)


def _every_choice(config: dict[str, Any]) -> None:
    config["delivery:images"]["app"]["createRepository"] = False
    config["delivery:release"].update(
        mode="SUPERSEDED",
        protect=True,
        artifactKeyArn=KEY,
        approval={"timeoutMinutes": 60},
        window={"cron": "0 * 9-16 ? * MON-FRI *", "timeZone": "Europe/Berlin"},
    )
    web = config["delivery:services"]["web"]
    web["secretsKmsKeys"] = [KEY]
    web["loadBalancer"].update(testPort=8443, internal=True)
    web["rollout"] = {"hooks": dict.fromkeys(HOOKS, LAMBDA)}
    web["rollout"]["linear"] = {"percent": 40, "intervalMinutes": 1}
    web["sidecars"] = [{"name": "log", "image": "example/log:1"}]
    config["delivery:migration"].update(secrets={}, environment=PLAIN)
    api = copy.deepcopy(web) | {"secrets": {}, "environment": PLAIN}
    api["loadBalancer"] = {
        "arn": SHARED,
        "securityGroupId": "sg-00000000000000001",
        "port": 8080,
        "testPort": 9090,
    }
    api["rollout"]["canary"] = api["rollout"].pop("linear")
    config["delivery:services"]["api"] = api
    rules = [
        {"priority": 10, "hosts": ["*.admin.example.com"], "methods": ["GET"], "sourceIps": ["192.0.2.0/24"]}
    ]
    admin = {key: value for key, value in web.items() if key not in ("rollout", "sidecars")}
    admin["loadBalancer"] = {"listener": {"service": "web", "rules": rules, "test": {"rules": rules}}}
    config["delivery:services"]["admin"] = copy.deepcopy(admin)
    web["sidecars"].append({"name": "cached", "image": CACHED})
    web["pullThroughCachePrefixes"] = ["hub"]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def everything(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    document = yaml.safe_load((ROOT / "Pulumi.stg.yaml").read_text(encoding="utf-8"))
    _every_choice(document["config"])
    file = tmp_path_factory.mktemp("elsewhere") / "Pulumi.everything.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    outside = Outside(
        approve=lambda text: world.consents,
        hooks=world.hooks,
        repository=TagRule("IMMUTABLE_WITH_EXCLUSION", ("stg",)),
    )
    with rehearsing("everything", level=ProcessLevel, stack_file=file, outside=outside) as running:
        yield running


def test_a_stack_with_every_choice_is_released(everything: Rehearsal) -> None:
    execution = everything.pushes.release_of(everything.team.push(V1))
    assert execution.status == ExecutionStatus.SUCCEEDED, [one.error_message for one in execution.actions]
    done = {entry.message.partition(":")[0] for entry in everything.journal.entries("CodeDeploy")}
    for hook in HOOKS:
        assert f"{hook[0].upper()}{hook[1:]}" in done, "each declared hook has its turn"
    moved: dict[str, list[int]] = {}
    for entry in everything.journal.entries("CodeDeploy"):
        if "percent of production traffic" in entry.message:
            moved.setdefault(entry.detail["deployment"], []).append(int(entry.message.split()[0]))
    assert sorted(moved.values()) == [[40, 80, 100], [40, 100], [100]], (
        "by web's own linear shift, api's canary, and admin's rule on web's listener"
    )


def test_a_service_on_another_s_listener_is_reached_by_its_rule_alone(everything: Rehearsal) -> None:
    """The same listener's default action is web's, which another deployment group moves."""
    answering = {one.service: str(one) for one in everything.users.answering()}
    assert answering["admin"].startswith("admin: v1 answers"), (
        "a request that its rule takes, from where the rule says"
    )
    listener = everything.users.listener_arn("web")
    assert everything.users.listener_arn("admin") == listener
    default, rule = (
        one.action.weights for one in reversed(everything.load_balancers.listener(listener).ordered)
    )
    assert not set(default) & set(rule), "each has its own two target groups"
    assert max(default.values()) == max(rule.values()) == 100, "each was moved by its own deployment"


def test_a_database_of_aws_in_a_plain_variable_is_the_rehearsals(everything: Rehearsal) -> None:
    """The release above has migrated by such a variable; what serves reads from the same database."""
    status, answer = get(everything.users.url("api"))
    assert (status, answer.get("version")) == (200, V1.name), answer
    said = [entry.message for entry in everything.journal.entries("Database")]
    assert (
        f"DATABASE_URL of migration, DATABASE_URL of api: the rehearsal's own database, in place of {RDS}"
        in said
    )
    assert not any("hush" in line for line in said)


@pytest.mark.parametrize("action", ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"])
def test_without_leave_to_fill_a_cache_the_first_pull_is_refused(everything: Rehearsal, action: str) -> None:
    cloud = everything.cloud
    roles = [one.arn for one in cloud.declared("aws:iam/role:Role") if one.name.endswith("-execution-role")]
    filled = [call.role_arn for call in cloud.authority.calls if call.action == action and call.allowed]
    assert set(filled[:1]) <= set(roles), "the release filled the cache as whichever service came first"
    [role] = filled[:1]
    [(name, document)] = cloud.authority.policies(role).items()
    without = [{**one, "Action": [a for a in one["Action"] if a != action]} for one in document["Statement"]]
    cloud.pull_through_caches = PullThroughCaches(["hub"])  # nothing has come through it yet
    cloud.authority.put_policy(role, name, {**document, "Statement": without})
    execution = cloud.authority.assume(role, TASKS)
    try:
        with pytest.raises(image_pull.PullFailed, match=rf"not found: .* perform: {action} on"):
            image_pull.verify(cloud, execution, CACHED, "amd64")
    finally:
        cloud.authority.put_policy(role, name, document)
    assert not image_pull.verify(cloud, execution, CACHED, "amd64"), "then a stand-in plays it"


def test_a_rejected_release_touches_nothing(everything: Rehearsal, world: World) -> None:
    before = everything.cloud.client("ecs").list_task_definitions()["taskDefinitionArns"]
    world.consents = False
    try:
        execution = everything.pushes.release_of(everything.team.push(V2))
    finally:
        world.consents = True
    assert execution.status == ExecutionStatus.FAILED
    assert [one.action for one in execution.actions] == ["Source", "Approve"], "nothing was migrated"
    assert everything.cloud.client("ecs").list_task_definitions()["taskDefinitionArns"] == before


def test_a_failed_hook_fails_the_release_and_brings_traffic_back(everything: Rehearsal, world: World) -> None:
    listener = everything.cloud.one("aws:lb/listener:Listener", port=80).arn
    before = everything.load_balancers.weights(listener)
    world.hooks["AfterAllowTraffic"] = "Failed"
    try:
        execution = everything.pushes.release_of(everything.team.push(V4))
    finally:
        world.hooks.clear()
    assert execution.status == ExecutionStatus.FAILED
    message = execution.action("Deploy-web").error_message or ""
    assert f"the function {LAMBDA} of hook AfterAllowTraffic answered Failed" in message
    after = everything.load_balancers.weights(listener)
    assert {arn for arn, share in after.items() if share} == {arn for arn, share in before.items() if share}

"""The scenarios as the command plays them: what it shows, keeps, stops and leaves behind."""

import json
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from rehearsal.host.scratch import run_folder
from rehearsal.plays.releasing import UNNOTICED
from rehearsal.plays.scenarios import SCENARIOS
from tests.rehearsal.commandline import Ended, files, kept, plain, project, rewrite, signalled
from tests.rehearsal.kept_rehearsal import addresses

BEGIN = "every service answers before anything changes"
STEPS = {
    "release": [
        "the pipeline's first execution finds no image",
        BEGIN,
        "push v1",
        "release v1",
        "v1 answers through the load balancer",
        "push v2",
        "release v2",
        "v2 answers through the load balancer",
        UNNOTICED,
    ],
    "broken-migration": [
        BEGIN,
        "push v3, whose migration fails",
        "the release stops at its migration",
        "nothing was deployed",
        UNNOTICED,
    ],
    "denied": [
        BEGIN,
        "the build's role loses the statement with ecr:BatchGetImage",
        "the release stops there with AWS's own error",
        "nothing changed for anyone",
        UNNOTICED,
    ],
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which nothing is changed."""
    return project(tmp_path_factory.mktemp("same"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project whose first version can't migrate."""
    made = project(tmp_path_factory.mktemp("broken"))
    rewrite(made, "examples/app/migrations/0001_create_orders.sql", "CREATE TABLE", "CREATE TABEL")
    return made


@pytest.fixture(scope="module")
def played(copy: Path, broken: Path) -> Iterator[Mapping[str, "Future[Ended]"]]:
    """Every rehearsal of this file that is a process of its own, two at a time."""
    before = files(copy)
    plays: Mapping[str, Callable[[], Ended]] = {
        "prd": plain(copy, "--stack", "prd", "--json"),
        "stg": kept(copy, addresses, "--json"),
        # While a build's commands run, while tasks start, and while the database is migrated.
        "SIGINT": signalled(copy, signal.SIGINT, "phase DOWNLOAD_SOURCE SUCCEEDED", "--json"),
        "SIGTERM": signalled(copy, signal.SIGTERM, "PRIMARY ecs-svc", "--json"),
        "SIGKILL": signalled(copy, signal.SIGKILL, "phase PRE_BUILD SUCCEEDED", "--json"),
        "broken": plain(broken, "--scenario", "denied", "--json"),
    }
    with ThreadPoolExecutor(2) as two:
        try:
            yield {name: two.submit(play) for name, play in plays.items()}
        finally:
            two.shutdown(wait=True, cancel_futures=True)
    assert files(copy) == before, "a rehearsal writes nothing outside its scratch folder"
    for folder in ("home", "tmpdir"):
        assert not list((copy.parent / folder).iterdir()), f"{folder} stays empty"


@pytest.mark.parametrize("stack", ["prd", "stg"])
def test_all_three_scenarios_go_as_they_should_and_the_report_says_what_was_seen(
    played: Mapping[str, "Future[Ended]"], stack: str
) -> None:
    ended = played[stack].result()
    assert ended.code == 0, ended.err
    report = ended.report
    assert (report["stack"], report["level"], report["ok"]) == (stack, "process", True)
    assert "not shown: the image's base and RUN steps" in report["shows"], "never more than it did"
    assert {one["name"]: [step["name"] for step in one["steps"]] for one in report["scenarios"]} == STEPS
    steps = {step["name"]: step for one in report["scenarios"] for step in one["steps"]}
    assert all(step["ok"] and step["seconds"] >= 0 for step in steps.values())
    requests, now = report["scenarios"][0]["steps"][-1]["seen"].splitlines()
    assert re.fullmatch(r"\d+ requests: \d+ by the bootstrap image, \d+ by v1, \d+ by v2", requests)
    assert re.match(r"now web: v2 answers \(digest [0-9a-f]{12}\), 200 on /healthz", now)
    own_words = steps["the release stops at its migration"]["seen"]
    assert (
        'migration failed: ERROR:  column "customer" of relation "orders" contains null values' in own_words
    )
    missing = steps["the release stops there with AWS's own error"]["seen"]
    assert "is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:us-east-1:" in missing


@pytest.mark.parametrize("stack", ["prd", "stg"])
def test_the_timeline_goes_to_standard_error_and_tells_the_way_from_push_to_traffic(
    played: Mapping[str, "Future[Ended]"], stack: str
) -> None:
    ended = played[stack].result()
    whose = "with the sample application examples/app"
    assert f"Rehearsing stack {stack} at level process {whose}: " in ended.err
    way = [
        r"ECS +public\.ecr\.aws/docker/library/ruby:3-alpine can't be pulled at level process; a stand-in plays it$",
        rf"ECR +shop\S*:{stack} is now [0-9a-f]{{12}}$",
        rf"EventBridge +rule shop-{stack}-push matched$",
        "CodePipeline +execution started by CloudWatchEvent$",
        "CodeBuild +phase BUILD SUCCEEDED$",
        rf"ECS +task definition shop-{stack}-web:2 registered$",
        "CodeDeploy +100 percent of production traffic goes to green$",
        "CodePipeline +execution Succeeded$",
        "ok  release v1$",
    ]
    places = [re.search(part, ended.err, re.MULTILINE) for part in way]
    assert all(places), way
    starts = [place.start() for place in places if place]
    assert starts == sorted(starts)
    for news in ("failed: execution", "went through: execution"):
        assert re.search(
            rf'SNS +told \S+@\S+: "A release of shop-{stack} {news} [0-9a-f-]{{36}}', ended.err
        ), "subscribers are told how each release ended"


def test_no_password_is_ever_shown(played: Mapping[str, "Future[Ended]"], copy: Path) -> None:
    shown = [text for one in played.values() for text in (one.result().out, one.result().err)]
    (password,) = {file.read_text() for file in copy.glob(".rehearsal/templates/*/password")}
    assert len(password) > 16
    assert not [text for text in shown if password in text or "postgresql://" in text]


def test_a_kept_rehearsal_answers_at_what_it_prints_until_it_is_interrupted(
    played: Mapping[str, "Future[Ended]"],
) -> None:
    ended = played["stg"].result()
    status, body = ended.facts["service"]
    assert (status, body["version"]) == (200, "v2")
    assert ended.facts["endpoint"] == 200
    assert "AWS's own waits pass 10 times faster than there (--pace)" in ended.err, "slow enough to act in"
    assert ended.code == 0, "Ctrl-C is how a rehearsal that went well is ended here"


def test_what_a_kept_rehearsal_prints_is_pasted_and_answered(
    played: Mapping[str, "Future[Ended]"],
) -> None:
    """Whatever else the second terminal was set up for."""
    answers = played["stg"].result().facts["pasted"]
    assert [answer.stderr for answer in answers.values() if answer.returncode] == []
    said = {" ".join(example.split()[1:3]): json.loads(answer.stdout) for example, answer in answers.items()}
    assert set(said) == {
        "codepipeline list-pipeline-executions",
        "codepipeline get-pipeline-state",
        "codebuild list-builds-for-project",
        "ecs describe-services",
    }
    (last, *_) = said["codepipeline list-pipeline-executions"]["pipelineExecutionSummaries"]
    assert last["trigger"]["triggerType"] == "CloudWatchEvent"
    assert ":rule/shop-stg-push" in last["trigger"]["triggerDetail"]
    assert said["codebuild list-builds-for-project"]["ids"][0].startswith("shop-stg-migrate:")
    (service,) = said["ecs describe-services"]["services"]
    assert (service["serviceName"], service["status"]) == ("shop-stg-web", "ACTIVE")


def test_a_kept_rehearsal_goes_on_telling_its_timeline_failing_releases_included(
    played: Mapping[str, "Future[Ended]"],
) -> None:
    ended = played["stg"].result()
    told = ended.err[ended.err.index("Staying up until Ctrl-C") :]
    digest = ended.facts["pushed"].removeprefix("sha256:")[:12]
    for part in (f"shop:stg is now {digest}", "execution started by CloudWatchEvent", "execution Failed"):
        assert part in told, told
    assert told.rstrip().endswith("stopping"), "what is being stopped is no part of what is told"


def test_operations_that_are_not_played_are_refused_by_name(
    played: Mapping[str, "Future[Ended]"],
) -> None:
    refused = played["stg"].result().facts["refused"]
    assert len(refused) == 10
    for said in refused.values():
        assert "The rehearsal's endpoint does not answer" in said, refused


def test_a_kept_rehearsal_leaves_nothing_behind(played: Mapping[str, "Future[Ended]"]) -> None:
    ended = played["stg"].result()
    assert (ended.left, ended.run_folders) == ([], [])


@pytest.mark.parametrize(
    ("name", "code", "said"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")]
)
def test_an_interrupted_rehearsal_stops_everything_and_says_so(
    played: Mapping[str, "Future[Ended]"], name: str, code: int, said: str
) -> None:
    ended = played[name].result()
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.splitlines()[-1] == f"{said}; everything that was started is stopped"
    assert "Traceback" not in ended.err
    assert (ended.left, ended.run_folders) == ([], [])


def test_a_killed_rehearsal_leaves_nothing_running_and_the_next_one_removes_its_files(
    played: Mapping[str, "Future[Ended]"], copy: Path
) -> None:
    ended = played["SIGKILL"].result()
    assert ended.code == -signal.SIGKILL
    assert ended.left == []
    killed = [copy / ".rehearsal" / name for name in ended.run_folders]
    with run_folder(copy):
        assert not [folder for folder in killed if folder.exists()]


def test_a_scenario_that_goes_wrong_fails_the_command_and_shows_the_step(
    played: Mapping[str, "Future[Ended]"],
) -> None:
    ended = played["broken"].result()
    assert ended.code == 1
    assert ended.report["ok"] is False
    release, denied = ended.report["scenarios"]
    assert (release["name"], denied["name"]) == ("release", "denied"), (
        "which begins where a release has ended"
    )
    wrong = next(one for one in release["steps"] if not one["ok"])
    assert wrong["name"] == "release v1"
    assert "syntax error" in wrong["seen"]
    assert "TABEL" in wrong["seen"]
    assert denied["steps"], "it is played all the same"
    assert re.search(r"no  release v1\n(?: {11}.*\n)*.*syntax error", ended.err), "the timeline says why, too"
    assert "Traceback" not in ended.err


def test_every_scenario_is_played_here() -> None:
    assert list(SCENARIOS) == list(STEPS)

"""Functions run in processes of their own, as lambda/latest/dg documents: environments, errors, limits, logs, retries."""

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.evaluation.resources import CannotMake
from rehearsal.lambda_ import execution_environment
from rehearsal.lambda_.execution_environment import ExecutionEnvironment
from rehearsal.lambda_.service import Functions, InvokeRefused
from tests.rehearsal.build_world import allow
from tests.rehearsal.function_world import LOGS, ROLE, FunctionWorld, eventually, function_world

NOTHING = "def handler(event, context):\n    return event"
ACTING = """
import json, logging, os, sys, threading, time

count = 0

def handler(event, context):
    global count
    count += 1
    return globals()[event["do"]](event, context)

def look(event, context):
    return {"count": count, "path": sys.path, "variables": dict(os.environ), "folder": os.getcwd()}

def importing(event, context):
    found = []
    for name in event["names"]:
        try:
            __import__(name)
            found.append(name)
        except ImportError:
            pass
    return found

def told(event, context):
    names = ("function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb", "log_group_name")
    left = context.get_remaining_time_in_millis()
    return {"left": left, "id": context.aws_request_id, **{name: getattr(context, name) for name in names}}

def say(event, context):
    print("a line")
    logging.info("not shown")
    logging.warning("a warning")

def fail(event, context):
    raise LookupError("nothing there")

def leave(event, context):
    os._exit(7)

def hang_up(event, context):
    os.closerange(3, 256)
    time.sleep(30)

def sleep(event, context):
    time.sleep(30)

def wait(event, context):
    time.sleep(0.4)

def eat(event, context):
    kept = b"x" * (200 * 1024 * 1024)
    time.sleep(5)

def strange(event, context):
    return {1, 2}

def large(event, context):
    return "x" * 6_300_000

def later(event, context):
    threading.Timer(0.2, lambda: open(event["file"], "w").close()).start()

def overwrite(event, context):
    return os.access(os.path.join(os.environ["LAMBDA_TASK_ROOT"], "app.py"), os.W_OK), os.stat("app.py").st_mode & 0o222
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionWorld]:
    with function_world(tmp_path_factory.mktemp("functions")) as made:
        made.declare(
            "acting",
            ACTING,
            timeout=20,
            environment={"variables": {"LEVEL": "high", "AWS_ENDPOINT_URL": "http://x"}},
        )
        made.declare("hasty", ACTING, timeout=1)
        yield made


def test_a_function_is_a_process_that_knows_its_package_and_the_sdk_and_nothing_of_the_rehearsal(
    world: FunctionWorld,
) -> None:
    names = ["boto3", "botocore", "rehearsal", "release", "documents", "pulumi", "pydantic", "yaml", "psutil"]
    assert world.answer("acting", {"do": "importing", "names": names}) == ["boto3", "botocore"]


def test_a_function_lives_in_the_documented_environment_and_in_no_other(world: FunctionWorld) -> None:
    """configuration-envvars.md, "Defined runtime environment variables"."""
    seen = world.answer("acting", {"do": "look"})
    variables = seen["variables"]
    key = world.cloud.authority.credentials_of(variables["AWS_ACCESS_KEY_ID"])
    assert key.role_arn == ROLE, "it acts as its role, with temporary credentials"
    assert variables["AWS_SESSION_TOKEN"] == key.session_token
    assert variables["AWS_ENDPOINT_URL"] == world.cloud.endpoint, (
        "no call leaves this machine, whatever was declared"
    )
    assert variables["LEVEL"] == "high"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert variables["_HANDLER"] == "app.handler"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", variables["AWS_LAMBDA_LOG_STREAM_NAME"])
    assert "HOME" not in variables, "what this machine's user has is not there"
    assert seen["folder"] == variables["LAMBDA_TASK_ROOT"] == seen["path"][0]


def test_the_context_says_what_runs_and_how_long_it_may(world: FunctionWorld) -> None:
    """python-context.md."""
    told = world.answer("acting", {"do": "told"})
    assert 15000 < told["left"] <= 20000, "of the declared twenty seconds"
    assert told["invoked_function_arn"] == "arn:aws:lambda:us-east-1:123456789012:function:acting"
    assert (told["function_name"], told["function_version"]) == ("acting", "$LATEST")
    assert (told["memory_limit_in_mb"], told["log_group_name"]) == ("128", "/aws/lambda/acting")


def test_a_warm_environment_is_used_again_and_one_that_failed_to_end_is_not(world: FunctionWorld) -> None:
    """lambda-runtime-environment.md, "Failures during the invoke phase"."""
    before = world.answer("acting", {"do": "look"})["count"]
    assert world.answer("acting", {"do": "look"})["count"] == before + 1, "the same process"
    world.failure("acting", {"do": "fail"})
    assert world.answer("acting", {"do": "look"})["count"] == before + 3, "an exception leaves it as it is"
    world.failure("acting", {"do": "leave"})
    assert world.answer("acting", {"do": "look"})["count"] == 1, "one that ended is begun anew"


def test_an_exception_is_answered_with_its_type_and_the_functions_own_frames(world: FunctionWorld) -> None:
    error = world.failure("acting", {"do": "fail"})
    assert (error["errorType"], error["errorMessage"]) == ("LookupError", "nothing there")
    assert len(error["stackTrace"]) == 2, "handler and fail, nothing of the runtime"
    assert all("app.py" in frame for frame in error["stackTrace"])


def test_the_time_that_is_declared_is_the_time_a_function_has(world: FunctionWorld) -> None:
    """configuration-timeout.md."""
    invocation = world.run("hasty", {"do": "sleep"})
    assert invocation.error is not None
    assert invocation.error["errorType"] == "Sandbox.Timedout"
    assert invocation.error["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert invocation.log.endswith("Status: timeout\n")


def test_between_two_invocations_a_function_sees_as_much_time_pass_as_on_aws(world: FunctionWorld) -> None:
    """AWS's waits are short here, and a function that gives up after minutes must give up after those minutes."""
    world.declare(
        "late",
        "import time\ndef handler(event, context):\n"
        "    return [time.time(), time.time_ns() / 1e9, context.get_remaining_time_in_millis()]",
    )
    began, _, _ = world.answer("late")
    world.cloud.clock.sleep(300)
    seconds, fine, left = world.answer("late")
    assert 300 <= seconds - began < 600
    assert abs(fine - seconds) < 1
    assert 0 < left <= 3000, "an invocation's own seconds are real"


@pytest.mark.parametrize(
    ("do", "kind", "message"),
    [
        ("leave", "Runtime.ExitError", "Error: Runtime exited with error: exit status 7"),
        ("eat", "Runtime.OutOfMemory", "Error: Runtime exited with error: signal: killed"),
        (
            "strange",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
        ("large", "Function.ResponseSizeTooLarge", "exceeded maximum allowed payload size (6291556 bytes)."),
    ],
)
def test_what_ends_an_invocation_is_said_in_lambdas_words(
    world: FunctionWorld, do: str, kind: str, message: str
) -> None:
    error = world.failure("acting", {"do": do})
    assert error["errorType"] == kind
    assert error["errorMessage"].endswith(message)


@pytest.mark.parametrize(
    ("code", "handler", "kind", "message"),
    [
        (
            "import nothing_of_this_name",
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app'",
        ),
        (NOTHING, "other.handler", "Runtime.ImportModuleError", "Unable to import module 'other'"),
        (NOTHING, "app.absent", "Runtime.HandlerNotFound", "Handler 'absent' missing on module 'app'"),
        (NOTHING, "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        ("def handler(", "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("raise ValueError('at once')", "app.handler", "ValueError", "at once"),
        ("import sys; sys.exit(1)", "app.handler", "Runtime.ExitError", "exit status 1"),
    ],
)
def test_a_function_that_cannot_be_loaded_fails_every_invocation(
    world: FunctionWorld, code: str, handler: str, kind: str, message: str
) -> None:
    world.declare("broken", code, handler=handler)
    error = world.failure("broken")
    assert error["errorType"] == kind
    assert message in error["errorMessage"]


def test_what_a_function_is_told_to_do_after_its_answer_waits_until_it_is_asked_again(
    world: FunctionWorld,
) -> None:
    """lambda-runtime-environment.md: the environment is frozen between invocations, threads and all."""
    file = world.cloud.scratch / "later"
    world.answer("acting", {"do": "later", "file": str(file)})
    threading.Event().wait(0.5)
    assert not file.exists(), "work after the answer is not done on AWS either"
    world.answer("acting", {"do": "wait"})
    assert file.exists(), "it goes on with the next invocation"


def test_a_package_cannot_be_changed_by_its_function(world: FunctionWorld) -> None:
    assert world.answer("acting", {"do": "overwrite"})[1] == 0


def test_a_log_has_lambdas_lines_around_the_functions(world: FunctionWorld) -> None:
    """python-logging.md, "Example log output"."""
    invocation = world.run("acting", {"do": "say"})
    first, *middle, end, report = invocation.log.splitlines()
    request = invocation.request_id
    assert first == f"START RequestId: {request} Version: $LATEST"
    assert middle[0] == "a line"
    assert re.fullmatch(rf"\[WARNING\]\t\d{{4}}-\d\d-\d\dT[\d:.]+Z\t{request}\ta warning", middle[1])
    assert len(middle) == 2, "the least level of plain text is WARN"
    assert end == f"END RequestId: {request}"
    assert re.match(
        rf"REPORT RequestId: {request}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t",
        report,
    )
    stored = world.lines("/aws/lambda/acting")
    assert {first, report} <= set(stored), "CloudWatch Logs has them, written by the function's role"


def test_a_failure_stands_in_the_report(world: FunctionWorld) -> None:
    """lambda-runtime-environment.md, "Failures during the invoke phase", new style."""
    assert world.run("acting", {"do": "leave"}).log.endswith("Status: error\tError Type: Runtime.ExitError\n")
    failed = world.run("acting", {"do": "fail"}).log
    assert "[ERROR] LookupError: nothing there\nTraceback (most recent call last):" in failed


def test_a_json_log_has_objects_and_leaves_out_what_is_below_its_levels(world: FunctionWorld) -> None:
    """python-logging.md, "Using structured JSON logs"; monitoring-cloudwatchlogs-log-level.md."""
    code = (
        "import json, logging\ndef handler(event, context):\n"
        "    print('plain')\n    logging.info('low')\n    logging.error('high', extra={'a': 1})\n"
        "    print(json.dumps({'timestamp': '2026-01-01T00:00:00Z', 'level': 'debug', 'm': 1}))"
    )
    form = {
        "logFormat": "JSON",
        "applicationLogLevel": "WARN",
        "systemLogLevel": "WARN",
        "logGroup": "/shop/own",
    }
    world.declare("structured", code, loggingConfig=form)
    (line,) = world.run("structured").log.splitlines()
    said = json.loads(line)
    assert (said["level"], said["message"], said["logger"], said["a"]) == ("ERROR", "high", "root", 1)
    assert json.loads(world.lines("/shop/own")[0])["requestId"] == said["requestId"]
    world.declare("structured", code, loggingConfig={"logFormat": "JSON", "logGroup": "/shop/own"})
    kinds = [
        one.get("type") for one in map(json.loads, filter(_is_json, world.run("structured").log.splitlines()))
    ]
    assert kinds[0] == "platform.start"
    assert kinds[-1] == "platform.report"


def _is_json(line: str) -> bool:
    return line.startswith("{")


def test_a_role_that_may_not_write_loses_the_log_and_not_the_answer(world: FunctionWorld) -> None:
    world.declare("silent", NOTHING, loggingConfig={"logGroup": "/shop/silent"})
    world.allow(allow("logs:CreateLogGroup"))
    try:
        assert world.answer("silent", 1) == 1
    finally:
        world.allow(LOGS)
    (entry,) = [one for one in world.cloud.journal.entries("Lambda") if "writes no log" in one.message]
    assert "not authorized to perform: logs:CreateLogStream" in entry.message


def test_new_code_is_what_runs_next(world: FunctionWorld) -> None:
    world.declare("changing", "def handler(event, context):\n    return 1")
    assert world.answer("changing") == 1
    world.declare("changing", "def handler(event, context):\n    return 2")
    assert world.answer("changing") == 2, "a warm environment of the code before is not used"


def test_two_invocations_at_a_time_have_an_environment_each_unless_the_concurrency_is_used_up(
    world: FunctionWorld,
) -> None:
    """lambda-concurrency.md."""
    code = (
        "import os, time\ndef handler(event, context):\n    if event:\n        open(event, 'w').close()\n"
        "    while event and os.path.exists(event):\n        time.sleep(0.01)\n    return os.getpid()"
    )
    world.declare("slow", code)
    world.declare("alone", code, reservedConcurrentExecutions=1)
    for name in ("slow", "alone"):
        file = world.cloud.scratch / f"{name} is busy"
        first = threading.Thread(target=world.answer, args=(name, str(file)))
        first.start()
        eventually(file.exists)
        if name == "slow":
            assert world.answer(name), "another environment answers meanwhile"
        else:
            assert _throttled(world, name), "there is no room"
        file.unlink()
        first.join()
    assert not _throttled(world, "alone"), "afterwards there is"
    world.declare("never", NOTHING, reservedConcurrentExecutions=0)
    assert _throttled(world, "never"), "configuration-concurrency.md: none at all"


def _throttled(world: FunctionWorld, name: str) -> bool:
    try:
        world.run(name, 0)
    except InvokeRefused as refused:
        return refused.code == "TooManyRequestsException"
    return False


def test_an_event_whose_function_fails_is_tried_twice_more(world: FunctionWorld) -> None:
    """invocation-async-error-handling.md: after one minute, and after two."""
    file = world.cloud.scratch / "attempts"
    code = f"def handler(event, context):\n    open({str(file)!r}, 'a').write(context.aws_request_id + '\\n')\n    1 / 0"
    world.declare("failing", code)
    request = world.functions.queue(world.functions.function("failing"), b"{}")
    eventually(lambda: file.exists() and len(file.read_text().split()) == 3, within=15)
    threading.Event().wait(0.3)
    assert file.read_text().split() == [request] * 3, "the same request, and no fourth time"


def test_loading_that_takes_too_long_is_begun_again_as_part_of_the_invocation(
    world: FunctionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """lambda-runtime-environment.md, "Init phase"."""
    monkeypatch.setattr(execution_environment, "INIT_SECONDS", 0.3)
    mark = world.cloud.scratch / "slow-once"
    code = f"import os, time\nif not os.path.exists({str(mark)!r}):\n    open({str(mark)!r}, 'w').close()\n    time.sleep(9)\n"
    world.declare("heavy", code + NOTHING)
    assert world.answer("heavy", "there") == "there"
    world.declare("stuck", "import time\ntime.sleep(30)", timeout=1)
    assert world.failure("stuck")["errorType"] == "Sandbox.Timedout"


def test_a_function_that_is_not_there_or_another_version_of_it_is_refused(world: FunctionWorld) -> None:
    for named in (
        "absent",
        "acting:live",
        "acting:1",
        "arn:aws:lambda:eu-west-1:123456789012:function:acting",
    ):
        with pytest.raises(InvokeRefused, match="Function not found: arn:aws:lambda:us-east-1") as refused:
            world.functions.function(named)
        assert refused.value.code == "ResourceNotFoundException"
    for named in ("acting", "acting:$LATEST", "123456789012:function:acting"):
        assert world.functions.function(named).name == "acting"


def test_a_role_that_lambda_may_not_act_as_is_refused_when_the_function_is_made(world: FunctionWorld) -> None:
    with pytest.raises(CannotMake, match="The role defined for the function cannot be assumed by Lambda"):
        world.declare("roleless", NOTHING, role="arn:aws:iam::123456789012:role/absent")


def test_concurrency_that_the_account_does_not_have_is_refused(world: FunctionWorld) -> None:
    """configuration-concurrency.md: one hundred stay for everybody."""
    with pytest.raises(CannotMake, match=r"below its minimum value of \[100\]"):
        world.declare("greedy", NOTHING, reservedConcurrentExecutions=901)


def test_a_name_that_is_taken_is_refused_in_lambdas_words(world: FunctionWorld) -> None:
    with pytest.raises(CannotMake, match="ResourceConflictException: Function already exist: acting"):
        world.declare("acting", NOTHING, logical="another")


def test_what_runs_when_the_rehearsal_ends_is_ended_and_told_of_while_the_endpoint_is_there(
    world: FunctionWorld,
) -> None:
    functions: Any = Functions(world.cloud, world.processes)
    acting = functions.function("acting")
    for _ in range(2):
        functions.queue(acting, json.dumps({"do": "sleep"}).encode())
    eventually(lambda: len(functions._busy) == 2)
    functions.stop()
    assert not [one for one in functions._events if one.is_alive()], "nobody writes later"
    with pytest.raises(InvokeRefused):
        functions.invoke(acting, b"{}")


def test_who_waits_for_an_answer_hears_of_the_end_at_any_moment(world: FunctionWorld) -> None:
    """The one who ends a process is another than the one who waits for it."""
    environment: Any = ExecutionEnvironment(world.cloud, world.processes, world.functions.function("acting"))
    environment.stop()
    failed = environment.invoke(b"{}", "after the end").error
    assert failed["errorType"] == "Runtime.ExitError", failed


def test_a_function_that_says_no_more_and_goes_on_has_no_longer_than_its_timeout(
    world: FunctionWorld,
) -> None:
    """lambda/latest/dg/configuration-timeout.md."""
    world.declare("mute", ACTING, timeout=1)
    assert world.failure("mute", {"do": "hang_up"})["errorType"] == "Sandbox.Timedout"

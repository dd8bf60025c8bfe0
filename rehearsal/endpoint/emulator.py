"""ministack, the emulator that stores what the rehearsal creates, loaded into this process.

Its ASGI application is used without its start-up messages: those would sweep Docker containers, open further ports
and start schedulers. State lives in memory, so one process holds one emulator at a time.
"""

import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from documents.place import EXAMPLE_ACCOUNT
from rehearsal.endpoint.asgi import Answer, Application, ask
from rehearsal.errors import MachineError

_FIXED: Mapping[str, str] = {
    "AUTH": "false",  # the gateway authorizes; the emulator's own enforcement refuses what AWS allows
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    "CLOUDTRAIL_RECORDING": "0",
    "LOG_LEVEL": "ERROR",
}
_ABSENT = (
    "PERSIST_STATE", "S3_PERSIST", "LOCALSTACK_PERSISTENCE", "SERVICES", "USE_SSL", "MINISTACK_HOST", "GATEWAY_PORT",
    "EDGE_PORT", "MINISTACK_CODEBUILD_EXECUTE",
)  # fmt: skip
"""A developer's own settings for ministack that would change what a rehearsal does, or write outside it."""

_IN_USE = threading.Lock()
"""Held while an emulator is open: its state is ministack's modules, of which a process has one set."""


class Emulator:
    """The emulator's application and calls to it as the administrator."""

    def __init__(self, account: str, region: str, log: Path | None = None) -> None:
        """Load the emulator (0.3 s the first time in a process); its warnings go to the file `log`, if given.

        RehearsalError when another one is open in this process, or it cannot be loaded.
        """
        if not _IN_USE.acquire(blocking=False):
            raise MachineError(
                "a second emulator was asked for",
                "the emulator keeps its state per process",
                "stop the first, or use another process",
            )
        try:
            self.application = _load(account, region)
        except BaseException:
            _IN_USE.release()
            raise
        self._open = True
        self.account = account
        self.region = region
        self._log = _log_to(log) if log is not None else None

    async def reset(self) -> None:
        """Forget everything stored, also what an earlier rehearsal in this process left."""
        answer = await ask(self.application, "POST", "/_ministack/reset", headers={})
        if answer.status != 200:  # noqa: PLR2004
            raise MachineError(
                f"the emulator answered {answer.status} to a reset",
                "a rehearsal begins with an empty cloud",
                "reinstall the locked ministack",
            )

    async def call(  # noqa: PLR0913  (three of them only by name)
        self, service: str, operation: str, body: bytes, *, target: str, account: str = "", region: str = ""
    ) -> Answer:
        """One JSON-protocol call as the administrator; `target` is the prefix of X-Amz-Target."""
        signed = self.signed(service, account=account, region=region)
        headers = {**signed, "content-type": "application/x-amz-json-1.1"}
        headers["x-amz-target"] = f"{target}.{operation}"
        return await ask(self.application, "POST", "/", headers=headers, body=body)

    async def get(self, service: str, method: str, path: str, query: str = "") -> Answer:
        """One REST call without a body as the administrator."""
        return await ask(self.application, method, path, headers=self.signed(service), query=query)

    def signed(self, service: str, *, account: str = "", region: str = "") -> dict[str, str]:
        """Headers of a request that the administrator signed for a service; the emulator takes a key of digits for an account."""
        scope = f"{account or 'test'}/20260101/{region or self.region}/{service}/aws4_request"
        return {
            "host": "localhost",
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        }

    def close(self) -> None:
        """Close the log file and let another one open."""
        if self._open:
            self._open = False
            _IN_USE.release()
        if self._log is not None:
            logging.getLogger().removeHandler(self._log)
            self._log.close()
            self._log = None


def configure(account: str = EXAMPLE_ACCOUNT, region: str = "us-east-1") -> None:
    """Set what the emulator reads from the environment while it is imported; call it before importing any service of it.

    What its modules have read once stays for the life of the process.
    """
    for name in _ABSENT:
        os.environ.pop(name, None)
    os.environ.update(_FIXED, MINISTACK_ACCOUNT_ID=account, MINISTACK_REGION=region)


def _load(account: str, region: str) -> Application:
    configure(account, region)
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    try:
        from ministack.app import app  # noqa: PLC0415  (reads the environment while it is imported)
    except ImportError as problem:
        raise MachineError(
            f"the emulator cannot be loaded ({problem})",
            "a rehearsal stores what it creates in ministack",
            "install the lock: make setup",
        ) from problem
    # The emulator configures the whole process's logging when imported; undo that.
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    application: Any = app
    return application


def _log_to(path: Path) -> logging.Handler:
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    return handler


def give_secret_arn(arn: str, account: str) -> None:
    """Give a secret of `account`, stored in the Region of `arn`, the ARN and the owner that a stack refers to it by.

    Secrets Manager ends a secret's ARN with six random characters (Secrets Manager User Guide, ARN format), and so does the
    emulator; the stack names those of the real account, its own or another.
    """
    from ministack.core.responses import request_scope  # noqa: PLC0415  (loaded with the emulator)
    from ministack.services import secretsmanager  # noqa: PLC0415

    _, _, *regional = arn.split(":")
    region, owner, _, name = regional[1:]
    stored = ":".join(
        ["arn", "aws", *regional]
    )  # the emulator knows one partition; the gateway names the cloud's own
    internals: Any = secretsmanager
    with request_scope(account, region):
        secret = internals._secrets.pop(name[:-7])  # noqa: SLF001  (a pinned version; no call of its API sets an ARN)
    with request_scope(owner, region):
        internals._secrets[name[:-7]] = {**secret, "ARN": stored}  # noqa: SLF001

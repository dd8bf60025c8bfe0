"""How a call of the `docker` shim fails. Standard library only (see `process/docker_shim.py`)."""

DAEMON = "Error response from daemon:"


class DockerError(Exception):
    """What the command prints on its error stream, and its exit code."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        """Keep both."""
        super().__init__(message)
        self.exit_code = exit_code

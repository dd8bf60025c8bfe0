"""Free TCP ports of this machine's loopback interface."""

import socket


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on now.

    Whoever takes it may still be too late: be ready to ask for another one.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

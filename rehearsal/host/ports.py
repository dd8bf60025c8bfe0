"""Free TCP ports of this machine's loopback interface."""

import secrets
import socket
import sys


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on now.

    Whoever takes it may still be too late: be ready to ask for another one.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def own_loopback(port: int) -> tuple[str, int]:
    """An address of the loopback interface on which `port` itself is free, else 127.0.0.1 and another port.

    Linux has all of 127.0.0.0/8 there: every rehearsal gets an address of its own, so that a server listens on the very
    port its stack declares, beside those of others.
    """
    if sys.platform == "linux":
        host = "127." + ".".join(str(secrets.randbelow(253) + 1) for _ in range(3))
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:  # somebody listens on it at every address, or it is a port for root
                return "127.0.0.1", free_port()
            return host, port
    return "127.0.0.1", free_port()

"""`delivery rehearse`: what it says of itself, and how it begins.

Loads nothing but the command line's own library: the help must not wait for Pulumi.
"""

import gc

from delivery.options import Options
from rehearsal.errors import MachineError
from rehearsal.host.interruption import Interruption

HELP = """Play releases of an application through the declared pipeline, on this machine.

The real Pulumi program of the stack is evaluated against a local cloud. No AWS account, credentials or Docker are \
needed, and nothing leaves this machine, except that a Docker daemon, where there is one, pulls base images. \
Unless you name your own, the sample application examples/app is played.

Exit codes: 0 every scenario went as it should; 1 one did not, or the application cannot be built; 2 these options; \
3 the stack's settings or program; 4 this machine (a tool, a port, the disk, Docker); 70 a fault of the rehearsal itself, whose traceback is saved; 130 and 143 interrupted and \
terminated.
"""


def work(options: Options, interruption: Interruption) -> int:
    """Hand over to `delivery.playing`, which loads Pulumi; its exit code."""
    gc.disable()  # until the program is evaluated: what is loaded until then stays (see rehearsal.running.starting)
    try:
        from delivery.playing import run  # noqa: PLC0415  (operators must not wait for pulumi to load)
    except OSError as error:  # one of the libraries asks for a folder for temporary files as it is loaded
        raise MachineError(
            str(error), "the rehearsal's parts cannot be loaded", "make room on the disk and in /tmp"
        ) from error
    return run(options, interruption)

"""`python -m delivery`, or this file by its path from anywhere."""

import os
import signal
import sys

if __name__ == "__main__":
    # Until the command listens to signals, nothing is started and nothing has to end in order.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    here = os.path.abspath(__file__)  # noqa: PTH100  (pathlib costs 10 ms)
    sys.path[0] = os.path.dirname(os.path.dirname(here))  # noqa: PTH120

    from rehearsal.host.environment import restart_if_need_be

    restart_if_need_be(here)

    from delivery.cli import main

    main()

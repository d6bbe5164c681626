"""Ports for test servers, below the range the kernel hands out to outgoing connections.

A port that `bind(0)` gives back may be taken by somebody's outgoing connection before the server binds it again;
one from below `ip_local_port_range` can only be taken by another listener.
"""

import itertools
import os
import random
import socket

_LOWEST, _HIGHEST = 20_000, 31_999
_tried = itertools.count(random.Random(os.getpid() * 7919).randrange(_HIGHEST - _LOWEST))


def free_port() -> int:
    """A TCP port of the loopback interface on which nobody listens now."""
    for _ in range(1000):
        port = _LOWEST + next(_tried) % (_HIGHEST - _LOWEST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 20000 and 31999")

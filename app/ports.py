"""Whether a port can be listened on, asked before anything slow begins."""

from __future__ import annotations

import socket

from pipeline.errors.machine import PortTaken


def check_port(host: str, port: int, taken: type[PortTaken] = PortTaken) -> None:
    """Make sure that the port can be listened on.

    Raises:
        PortTaken: somebody listens there; as ``taken`` tells it.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise taken(port=port, other=port + 1) from error

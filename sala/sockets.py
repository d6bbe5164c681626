"""The addresses that a process listens at, had before anything else starts."""

import socket

from flows.errors import ConfigFault, Fault


class BusyFault(Fault):
    """Another program has the port."""

    code = "in-use"
    retry = True
    ours = False


def bind(host: str, port: int, key: str) -> socket.socket:
    """A socket bound to the address, not listening yet; `key` names the setting for the fault.

    Raises:
        BusyFault: somebody listens there. ConfigFault: the address cannot be had.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as unknown:
        raise ConfigFault(f"{key}.host: {host} is no address", hint="127.0.0.1 or 0.0.0.0, for example") from unknown
    bound = socket.socket(family, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        # Binding alone does not notice a socket that is bound and not listening; listening does.
        bound.listen(1024)
    except OSError as busy:
        bound.close()
        hint = f"stop the other program, or set {key}.port"
        raise BusyFault(f"{key}: {host}:{port} cannot be listened at ({busy.strerror})", hint=hint) from None
    return bound

"""The socket that a server listens on."""

from __future__ import annotations

import socket

from drupelet.errors import InputError


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that is bound to an address. Raises InputError where that cannot be."""
    try:
        # As bytes: a str would be encoded by IDNA, whose tables take a megabyte.
        found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise InputError(f"--host {host}: is no address of this machine ({error}); give one, as 127.0.0.1") from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise InputError(
            f"{host}, port {port}: cannot be listened on ({error.strerror}); choose another --port"
        ) from error
    return bound


def address_of(bound: socket.socket) -> str:
    """Address and port of a socket, as they stand in an address of the web."""
    host, port = bound.getsockname()[:2]
    return f"{f'[{host}]' if ':' in host else host}:{port}"

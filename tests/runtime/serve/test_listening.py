"""The socket of a server: bound to an address of this machine, or an error that says what to choose."""

import socket

import pytest

from drupelet.errors import InputError
from drupelet.serve.listening import address_of, listening_socket


def test_a_free_port_of_an_address():
    with listening_socket("127.0.0.1", 0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert bound.getsockname()[1] > 0
        assert address_of(bound) == f"127.0.0.1:{bound.getsockname()[1]}"


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
def test_an_address_of_ipv6_stands_in_brackets():
    try:
        bound = listening_socket("::1", 0)
    except InputError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    with bound:
        assert address_of(bound) == f"[::1]:{bound.getsockname()[1]}"


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            InputError, match=rf"127\.0\.0\.1, port {port}: cannot be listened on .*; choose another --port"
        ):
            listening_socket("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "\u00fc", "192.0.2.1"])
def test_what_is_no_address_of_this_machine(host):
    with pytest.raises(InputError, match=r"is no address of this machine|cannot be listened on"):
        listening_socket(host, 0).close()

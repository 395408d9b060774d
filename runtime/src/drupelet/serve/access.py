"""Who may ask: the token of a request, and the host that it names."""

from __future__ import annotations

# hmac.compare_digest under its first name: hmac itself loads OpenSSL, which takes 3.8 MB.
from _operator import _compare_digest as same_in_constant_time

from drupelet.errors import InputError
from drupelet.serve.refusal import Refusal
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
MIN_TOKEN_CHARACTERS = 16
"""Shorter tokens can be guessed: 16 hexadecimal digits are 64 bits."""
MAX_TOKEN_BYTES = 4096
"""A header is at most four times as long."""


class Access(Value):
    """Whom a server answers. ``token`` is what a client has to know, None where anybody may ask.

    ``hosts`` are the names under which a client may know this server; None: any. On loopback they keep out pages of other
    sites, whose own name is made to lead to 127.0.0.1 (DNS rebinding): a browser sends that name.
    """

    token: bytes | None = None
    hosts: frozenset[str] | None = None

    def check_host(self, environ: Mapping[str, Any]) -> None:
        """Raises Refusal (421) unless the request names this server."""
        if self.hosts is None:
            return
        host = host_name(environ.get("HTTP_HOST", ""))
        if host not in self.hosts:
            raise Refusal(
                421,
                "unknown_host",
                f"Host is {host!r:.100}, expected one of {', '.join(sorted(self.hosts))}; --allow-host adds a name",
                "Host",
            )

    def check_token(self, environ: Mapping[str, Any]) -> None:
        """Raises Refusal (401) unless the request has the token, if one is wanted."""
        if self.token is None:
            return
        scheme, _, given = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not same_in_constant_time(given.strip().encode("latin-1"), self.token):
            what = "is not this server's" if given else "is missing"
            raise Refusal(
                401,
                "wrong_token",
                f"the token {what}; send it as Authorization: Bearer TOKEN",
                "Authorization",
                (("WWW-Authenticate", "Bearer"),),
            )


def access_for(addresses: Iterable[str], token_file: str | None, is_open: bool, further_hosts: Iterable[str]) -> Access:
    """The access to a server that listens on these numeric addresses.

    Raises InputError where others than this machine could ask without a token, and nobody has said that they may.
    """
    outside = [address for address in addresses if not is_loopback(address)]
    if token_file is not None and is_open:
        raise InputError("--open and --token-file contradict each other; give one of them")
    if outside and token_file is None and not is_open:
        raise InputError(
            f"{outside[0]} can be reached from other machines; give --token-file FILE, so that clients need a token, or "
            "--open, so that anybody may ask"
        )
    names = [host_name(host) for host in further_hosts]
    if outside and names:
        raise InputError(f"--allow-host {names[0]}: on {outside[0]} a request may name any host; leave it out")
    hosts = None if outside else frozenset((*LOOPBACK_NAMES, *names))
    return Access(None if token_file is None else read_token(token_file), hosts)


def read_token(path: str) -> bytes:
    """The token in a file: one line of printable ASCII without spaces. Raises InputError."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_TOKEN_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: the token cannot be read ({error.strerror})") from error
    token = content.rstrip(b"\r\n")
    if len(content) > MAX_TOKEN_BYTES or not all(0x21 <= byte <= 0x7E for byte in token):
        raise InputError(
            f"{path}: expected one line of at most {MAX_TOKEN_BYTES} printable ASCII characters, without spaces"
        )
    if len(token) < MIN_TOKEN_CHARACTERS:
        raise InputError(
            f"{path}: a token of {len(token)} characters, expected at least {MIN_TOKEN_CHARACTERS}; make one with: "
            "openssl rand -hex 16"
        )
    return token


def is_loopback(address: str) -> bool:
    """Whether a numeric address is reached from this machine alone."""
    return address.startswith("127.") or address in ("::1", "::ffff:127.0.0.1")


def host_name(host: str) -> str:
    """The name in a Host header, in lower case, without port and without the brackets of an IPv6 address."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")

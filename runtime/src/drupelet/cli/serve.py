"""``drupelet serve``: answers over HTTP, and a page to try a model."""

from __future__ import annotations

import argparse
import sys

from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.cli.model_options import declare_engine, declare_key
from drupelet.cli.number_option import number_within
from drupelet.errors import InputError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from drupelet.serve.metrics import Metrics
    from drupelet.serve.models import Models
    from drupelet.serve.requests import Limits

DEFAULT_PORT = 8000
"""That of vLLM, whose clients find this server without an option."""
WYOMING_PORT = 10_900
"""Beside those of the Wyoming services that Home Assistant is set up with: 10200, 10300, 10400."""
DEFAULT_THRESHOLD = 0.5
DEFAULT_THREADS = 4
"""Threads that answer requests: the kernels of a Pi's processor."""
MAX_THREADS = 64
MAX_PORT = 65_535

LIMITS = {
    "max_body_bytes": ("bytes of a request's body", 1 << 29),
    "max_texts": ("texts of a request", 1 << 20),
    "max_characters": ("characters of a text", 1 << 24),
    "max_seconds": ("seconds to send a request, to answer it, and to take the answer", 86_400),
    "max_connections": ("connections at a time; further ones wait", 4096),
}
"""Limit -> its meaning, and how large it may be."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    from drupelet.serve.requests import Limits

    parser.add_argument(
        "bundles",
        nargs="+",
        metavar="[NAME=]BUNDLE",
        help="bundle folder or .zip of one, and its name (default: the folder's)",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine alone)"
    )
    parser.add_argument(
        "--port",
        type=number_within(0, MAX_PORT),
        help=f"port to listen on; 0 takes a free one (default: {DEFAULT_PORT}, for Wyoming {WYOMING_PORT})",
    )
    parser.add_argument("--token-file", metavar="FILE", help="file with the token that clients have to send")
    parser.add_argument("--open", action="store_true", help="let other machines ask without a token")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="further name of this machine in requests, on loopback",
    )
    declare_engine(parser)
    declare_key(parser)
    parser.add_argument(
        "--threads",
        type=number_within(1, MAX_THREADS),
        default=DEFAULT_THREADS,
        metavar="N",
        help=f"requests that are answered at a time (default: {DEFAULT_THREADS})",
    )
    wyoming = parser.add_argument_group("the intents of Home Assistant")
    wyoming.add_argument("--wyoming", action="store_true", help="speak the Wyoming protocol in place of HTTP")
    wyoming.add_argument(
        "--language",
        action="append",
        default=[],
        metavar="CODE",
        help="language of the texts, such as en; may be repeated. Home Assistant offers the service for these alone",
    )
    wyoming.add_argument(
        "--threshold",
        type=_share,
        metavar="P",
        help=f"least probability of a label that is recognized, from 0 to 1 (default: {DEFAULT_THRESHOLD})",
    )
    for name, (meaning, largest) in LIMITS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=number_within(1, largest),
            default=getattr(Limits, name),
            metavar="N",
            help=f"{meaning} (default: {getattr(Limits, name)})",
        )


def _share(given: str) -> float:
    try:
        if 0.0 <= float(given) <= 1.0:
            return float(given)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{given!r:.30} is no number from 0 to 1")


def run(options: argparse.Namespace) -> int:
    """Answers until SIGTERM or SIGINT. Exit status 1 when a bundle does not answer like Keras at the start."""
    from drupelet.serve.listening import listening_socket
    from drupelet.serve.memory import give_back_large_blocks
    from drupelet.serve.metrics import Metrics
    from drupelet.serve.models import Models, places_by_name
    from drupelet.serve.requests import Limits
    from drupelet.serve.self_check import SelfCheckError, SelfChecks

    answer = _wyoming if options.wyoming else _http
    _check_protocol(options)

    def log(line: str) -> None:
        print(f"drupelet serve: {line}", file=sys.stderr, flush=True)

    give_back_large_blocks()
    limits = Limits(**{name: getattr(options, name) for name in LIMITS})
    places = places_by_name(options.bundles)
    metrics, checks = Metrics(), SelfChecks()
    models = Models(places, options.engine, options.scheme, checks.run, log, metrics.count_swap, options.key)
    usual_port = WYOMING_PORT if options.wyoming else DEFAULT_PORT
    with listening_socket(options.host, usual_port if options.port is None else options.port) as bound:
        try:
            answer(options, models, metrics, limits, bound, log)
        except SelfCheckError as error:
            log(str(error))
            return EXIT_CHECK_FAILED
        finally:
            checks.stop()
    return EXIT_OK


def _check_protocol(options: argparse.Namespace) -> None:
    """Raises InputError for options of the other protocol, and where Wyoming lacks what it needs."""
    if not options.wyoming:
        if options.language or options.threshold is not None:
            raise InputError("--language and --threshold belong to --wyoming")
        return
    if not options.language:
        raise InputError(
            "--wyoming needs the languages of the texts, such as --language en: Home Assistant offers the service for these "
            "alone"
        )
    if options.token_file is not None or options.allow_host:
        raise InputError(
            "the Wyoming protocol has no tokens and no host names; leave out --token-file and --allow-host"
        )


def _http(
    options: argparse.Namespace,
    models: Models,
    metrics: Metrics,
    limits: Limits,
    bound: socket,
    log: Callable[[str], None],
) -> None:
    from drupelet.serve.access import access_for
    from drupelet.serve.app import Application

    try:
        from drupelet.serve.server import serve
    except ImportError as error:
        raise InputError(f"serve needs waitress ({error}); install it with: pip install 'drupelet[serve]'") from error
    access = access_for([bound.getsockname()[0]], options.token_file, options.open, options.allow_host)
    serve(Application(models, metrics, access, limits), models, bound, options.threads, log)


def _wyoming(
    options: argparse.Namespace, models: Models, _: Metrics, limits: Limits, bound: socket, log: Callable[[str], None]
) -> None:
    from drupelet.serve.access import is_loopback
    from drupelet.serve.wyoming import Intents, serve_wyoming

    address = bound.getsockname()[0]
    if not is_loopback(address) and not options.open:
        raise InputError(f"{address} can be reached from other machines; give --open, so that anybody there may ask")
    threshold = DEFAULT_THRESHOLD if options.threshold is None else options.threshold
    languages = tuple(dict.fromkeys(options.language))
    serve_wyoming(lambda: Intents(models, threshold, languages, limits.max_characters), models, bound, limits, log)


COMMAND = Command("serve", "answer over HTTP, with a page to try a model", configure, run)

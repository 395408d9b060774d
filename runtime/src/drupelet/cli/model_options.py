"""The options that name a model: the bundle, the engine, and the file that it runs."""

from __future__ import annotations

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    import argparse


def declare_bundle(parser: argparse.ArgumentParser) -> None:
    """Declares the bundle, which stands in front of what it answers."""
    parser.add_argument("bundle", help="bundle folder, .zip of one, .drupelet file, or the name of one (drupelet list)")


def declare_key(parser: argparse.ArgumentParser) -> None:
    """Declares the public keys, one of which must have signed the bundle."""
    parser.add_argument(
        "--key",
        action="append",
        metavar="PUB",
        help="only a bundle that this public key signed: a .pub file of drupelet sign or minisign, or its line of base64; "
        "may be repeated: any of them will do",
    )


def declare_engine(parser: argparse.ArgumentParser) -> None:
    """Declares the engine and the scheme."""
    parser.add_argument("--engine", default="auto", help="auto (default), native, litert, onnx or numpy")
    parser.add_argument(
        "--scheme", help="quantization scheme, when the bundle has several (default: of the smallest file)"
    )

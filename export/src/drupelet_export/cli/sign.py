"""``drupelet sign``: parse, call the library, print."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from drupelet.cli.command import EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.control_characters import escaped_line
from drupelet.errors import InputError

PASSWORD_VARIABLE = "DRUPELET_SIGN_PASSWORD"  # noqa: S105 - the name of a variable
SCHEMA_VERSION = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("targets", nargs="*", metavar="BUNDLE", help="bundle folder, .zip of one, or any other file")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--key", metavar="KEY", help="secret key that signs")
    action.add_argument(
        "--generate", metavar="KEY", help="make a new key: the secret one in this file, the public one in KEY.pub"
    )
    parser.add_argument(
        "--comment", metavar="TEXT", help="comment that is signed, too (default: the name of the file, and the time)"
    )
    password = parser.add_mutually_exclusive_group()
    password.add_argument(
        "--password-file",
        metavar="FILE",
        help=f"file whose first line is the password of the secret key (default: the variable {PASSWORD_VARIABLE})",
    )
    password.add_argument("--no-password", action="store_true", help="with --generate: keep the secret key as it is")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Makes a key, or signs each bundle or file."""
    from drupelet_export.signing.secret_key import check_library, read_secret_key
    from drupelet_export.signing.signing import check_comment, sign

    check_library()
    if options.generate is not None:
        return _generate(options)
    if options.no_password:
        raise InputError("--no-password belongs to --generate; a key without a password is read as it is")
    if not options.targets:
        raise InputError("nothing to sign; give the bundle, or a file")
    if options.comment is not None:
        check_comment(options.comment)
    key = read_secret_key(Path(options.key), _password(options))
    results = []
    for target in options.targets:
        signed = sign(Path(target), key, options.comment)
        results.append({"path": target, "signature": signed.place, "sha256": signed.sha256, "key": signed.signature.key,
                        "comment": signed.signature.comment, "verdict": signed.verdict})  # fmt: skip
        if not options.json:
            print(f"{signed.place}: signed with the key {signed.signature.key}: {signed.signature.comment}")
        if signed.verdict not in (None, "passed"):
            print(f"drupelet sign: {target}: signed, though its verdict is {signed.verdict!r}", file=sys.stderr)
    if options.json:
        print_document({"schema_version": SCHEMA_VERSION, "signed": results})
    return EXIT_OK


def _generate(options: argparse.Namespace) -> int:
    from drupelet_export.signing.secret_key import generate, write_new_key

    if options.targets or options.comment is not None:
        raise InputError("--generate makes a key and signs nothing; sign in a second call with --key")
    password = None if options.no_password else _password(options)
    if password is None and not options.no_password:
        raise InputError(
            f"--generate without a password; give one with --password-file or {PASSWORD_VARIABLE}, or give --no-password for a "
            "key that everybody can use who can read its file"
        )
    key = generate()
    public = write_new_key(Path(options.generate), key, password)
    line = public.read_text(encoding="ascii").splitlines()[1]
    if options.json:
        print_document(
            {
                "schema_version": SCHEMA_VERSION,
                "secret_key": options.generate,
                "public_key": str(public),
                "key": key.public.name,
                "line": line,
            }
        )
    else:
        print(f"{options.generate}: the secret key {key.public.name}; keep it, and a copy in another place")
        print(f"{public}: the public key, for every device: {line}")
    return EXIT_OK


def _password(options: argparse.Namespace) -> bytes | None:
    """The password that was given; None where none was. Raises InputError for an empty one."""
    if options.password_file is None:
        variable = os.environ.get(PASSWORD_VARIABLE)
        given = None if variable is None else os.fsencode(variable)
        where = PASSWORD_VARIABLE
    else:
        where = escaped_line(options.password_file)
        try:
            with Path(options.password_file).open("rb") as file:
                given = file.readline(1 << 12).rstrip(b"\r\n")
        except OSError as error:
            raise InputError(f"--password-file {where}: cannot be read ({error.strerror})") from error
    if given == b"":
        raise InputError(f"{where}: an empty password; give one, or --no-password with --generate")
    return given


SIGN = Command("sign", "sign a bundle or a file, so that devices take only what its owner made", configure, run)

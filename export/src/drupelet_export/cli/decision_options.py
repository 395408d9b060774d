"""The options of export that say when a label holds, and when a text is rejected."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drupelet.errors import InputError
from drupelet.text_source import argument_text

if TYPE_CHECKING:
    from drupelet_export.parity.foreign_texts import ForeignTexts
    from drupelet_export.parity.stated_thresholds import StatedThreshold


def add_decision_options(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    group = parser.add_argument_group("what is answered (part of the bundle, and of its .drupelet files)")
    group.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="[LABEL=]P",
        help="probability from which on a label holds, or every label, where each is decided alone (default: 0.5); may be "
        "given more than once",
    )
    group.add_argument(
        "--reject",
        metavar="SHARE",
        help="reject texts: so that at most this share (0.05) of foreign texts gets a label; needs --foreign",
    )
    group.add_argument(
        "--foreign",
        metavar="FILE",
        help="texts that none of the labels is about: the column text of a .csv file, else a text a line; half of them choose "
        "the threshold of --reject, half check it",
    )


def stated_thresholds(options: argparse.Namespace) -> tuple[StatedThreshold, ...]:
    """The thresholds of ``--threshold``."""
    from drupelet_export.parity.stated_thresholds import parse_thresholds

    return parse_thresholds([argument_text(given, "--threshold") for given in options.threshold])


def foreign_texts(options: argparse.Namespace) -> ForeignTexts | None:
    """The texts of ``--foreign`` with the share of ``--reject``; None without them. Raises InputError for one alone."""
    from drupelet_export.parity.foreign_texts import read_foreign_texts

    if options.reject is None and options.foreign is None:
        return None
    if options.reject is None or options.foreign is None:
        raise InputError(
            "--reject and --foreign belong together: the share of foreign texts that may be accepted, and a file of such texts"
        )
    try:
        rate = float(options.reject)
    except ValueError:
        raise InputError(
            f"--reject {options.reject!r:.40}, expected a share above 0 and below 1, such as 0.05"
        ) from None
    return read_foreign_texts(Path(options.foreign), rate)

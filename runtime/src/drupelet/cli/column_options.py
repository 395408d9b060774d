"""The options of a file of labelled texts: which columns it has, and what separates them."""

from __future__ import annotations

import argparse

from drupelet.labelled_rows import DELIMITERS, Columns

NAMED_DELIMITERS = dict(zip(("comma", "semicolon", "tab", "|"), DELIMITERS))


def declare_columns(parser: argparse._ActionsContainer, labels: str = "") -> None:
    """Declares the options. ``labels`` says more about the labels of a text."""
    declare_text_column(parser)
    parser.add_argument(
        "--label-column", metavar="NAME", help=f"column of the labels (default: found by its name){labels}"
    )


def declare_text_column(parser: argparse._ActionsContainer) -> None:
    """Declares the options of a file whose texts alone are read."""
    parser.add_argument("--text-column", metavar="NAME", help="column of the texts (default: found by its name)")
    parser.add_argument(
        "--delimiter",
        type=delimiter,
        metavar="CHARACTER",
        help=f"what separates the columns of a CSV file: {', '.join(NAMED_DELIMITERS)}, or any character (default: as its "
        "first line shows)",
    )
    parser.add_argument(
        "--no-header", action="store_true", help="the first line holds a text; the columns are called 1, 2, 3"
    )


def delimiter(value: str) -> str:
    """The character that a name stands for, or the character itself. Raises argparse.ArgumentTypeError for anything else."""
    found = NAMED_DELIMITERS.get(value, "\t" if value == "\\t" else value)
    if len(found) != 1 or found in '"\r\n':
        raise argparse.ArgumentTypeError(
            f"{value!r} is no delimiter; expected {', '.join(NAMED_DELIMITERS)}, or one character that is no quote"
        )
    return found


def columns_of(options: argparse.Namespace, several: bool) -> Columns:
    """What the options say. ``several``: a text may have no label or several."""
    return Columns(options.text_column, options.label_column, options.delimiter, several, header=not options.no_header)

"""The options of export and parity for the model and for how its texts become ids."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from drupelet.errors import InputError
from drupelet.text.named import NAMED_RULES, named_rules
from drupelet.text.rules import KEEPS
from drupelet.text_source import argument_text
from drupelet_export.parity.check_names import CHECKS

if TYPE_CHECKING:
    from drupelet_export.parity.owner_reference import Owner
    from drupelet_export.reading.source import Source


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Declares the options that say how texts become ids."""
    group = parser.add_argument_group(
        "how texts become ids (a run folder, or a TextVectorization in the model, has this information)"
    )
    group.add_argument("--vocab", metavar="FILE", help="vocabulary file: one token on each line, UTF-8")
    group.add_argument("--labels", help="names of the classes, comma-separated, in the order of the model's output")
    group.add_argument(
        "--tokenizer", metavar="NAME", help=f"rules that split a text into words: {', '.join(NAMED_RULES)}"
    )
    group.add_argument(
        "--max-tokens",
        type=int,
        metavar="N",
        help="maximum number of tokens that are read (default: the length of the model's input, or all)",
    )
    group.add_argument("--keep", choices=KEEPS, help="part of a longer text that is read (default: head)")
    group.add_argument("--padding", choices=("pre", "post"), help="side on which shorter texts were padded in training")
    group.add_argument("--unknown-id", type=int, metavar="ID", help="id of words that are not in the vocabulary "
                       "(default: the id of its unknown word; without one, such words are dropped)")  # fmt: skip
    parser.add_argument(
        "--data", help="imdb, a FILE.csv or a FOLDER with held-out texts (default: the data of the training run)"
    )


def add_owner_options(parser: argparse.ArgumentParser) -> None:
    """Declares the options that name the owner's own answers."""
    group = parser.add_argument_group(
        "who knows the right answers (to have text to ids checked)"
    ).add_mutually_exclusive_group()
    group.add_argument(
        "--answers",
        metavar="FILE",
        help="CSV or JSONL of your own pipeline: text, and a probability for each label, a probability, or ids",
    )
    group.add_argument(
        "--reference",
        metavar="FILE.py:function",
        help="a function from a list of texts to probabilities; it is run in this process",
    )


def add_accept_option(parser: argparse.ArgumentParser) -> None:
    """Declares the option that overrules checks of texts and labels."""
    parser.add_argument(
        "--accept",
        metavar="CHECK[,CHECK...]",
        help=f"checks of texts and labels that may fail, because you know why: {', '.join(CHECKS)}",
    )


def owner_of(options: argparse.Namespace, labels: Sequence[str]) -> Owner | None:
    """The owner's answers that the options name; None without them."""
    if options.answers is not None:
        from drupelet_export.reading.owner_answers import read_answers

        return read_answers(Path(options.answers), labels)
    if options.reference is not None:
        from drupelet_export.reading.owner_function import load_function

        return load_function(options.reference)
    return None


def source_of(path: Path, options: argparse.Namespace) -> Source:
    """The model and how its texts are read, from a run folder or from the options."""
    from drupelet_export.reading.source import Source, is_run_folder, read_run_folder
    from drupelet_export.reading.text_options import TextOptions, read_vocabulary_file

    given = {
        name: getattr(options, name)
        for name in ("vocab", "labels", "tokenizer", "max_tokens", "keep", "padding", "unknown_id")
        if getattr(options, name) is not None
    }
    if is_run_folder(path):
        if given:
            flags = ", ".join("--" + name.replace("_", "-") for name in given)
            raise InputError(f"{path}: a run folder holds its own text options; remove {flags}")
        source = read_run_folder(path)
        return source if options.data is None else replace(source, data=options.data)
    if path.is_dir():
        raise InputError(
            f"{path}: a folder without run.json; expected the folder of a drupelet train run, or a model file"
        )
    if not path.exists():
        raise InputError(f"{path}: not found; expected a .keras or .h5 file, or the folder of a drupelet train run")
    if options.labels is None:
        raise InputError(
            f"{path}: the names of its classes are not known; give --labels a,b in the order of the model's output"
        )
    rules = None
    if options.tokenizer is not None:
        rules = replace(named_rules(options.tokenizer), max_tokens=options.max_tokens, keep=options.keep or "head")
    elif options.max_tokens is not None or options.keep is not None:
        raise InputError(f"{path}: --max-tokens and --keep need a --tokenizer; give one of {', '.join(NAMED_RULES)}")
    text_options = TextOptions(
        labels=tuple(label.strip() for label in argument_text(options.labels, "--labels").split(",")),
        vocabulary=None if options.vocab is None else read_vocabulary_file(Path(options.vocab), rules),
        text_rules=rules,
        unknown_id=options.unknown_id,
        padding=options.padding,
    )
    return Source(path, text_options, options.data)

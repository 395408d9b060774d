"""The options of export and parity for the model and for how its texts become ids."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from drupelet.control_characters import stands_in_a_line
from drupelet.errors import InputError
from drupelet.quantization import WEIGHT_RANGES
from drupelet.text.named import NAMED_RULES, named_rules
from drupelet.text.rules import KEEPS
from drupelet.text_source import argument_text
from drupelet_export.parity.check_names import CHECKS

PADDINGS = ("pre", "post")
SAVED_MODEL = "saved_model.pb"
"""The file by which a folder is known as a SavedModel of TensorFlow."""
KERAS_METADATA = "keras_metadata.pb"
"""The file of a SavedModel in which Keras 2 keeps its layers."""

if TYPE_CHECKING:
    from drupelet_export.parity.owner_reference import Owner
    from drupelet_export.reading.source import Source
    from drupelet_export.reading.text_facts import Given


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Declares the options that say how texts become ids."""
    group = parser.add_argument_group(
        "how texts become ids (a run folder, or a TextVectorization in the model, says it; what no file says is asked)"
    )
    group.add_argument(
        "--labels",
        help="names of the classes, comma-separated, in the order of the model's output; one with a comma stands in quotes: "
        '"salt, pepper",other',
    )
    group.add_argument(
        "--vocab",
        metavar="FILE",
        help="the words as their owner holds them: a Tokenizer (JSON, pickle, joblib), a word index, the vocabulary or config "
        "of a TextVectorization, a token a line; it is recognised by its content, and nothing in it is run",
    )
    rules = group.add_mutually_exclusive_group()
    rules.add_argument(
        "--tokenizer",
        metavar="NAME",
        help=f"named rules that split a text into words: {', '.join(NAMED_RULES)}",
    )
    rules.add_argument("--text-rules", metavar="FILE", help="rules of your own, as TOML")
    group.add_argument(
        "--print-text-rules",
        metavar="NAME",
        action=_PrintRules,
        help="print named rules as TOML, as a start for --text-rules, and exit",
    )
    group.add_argument(
        "--num-words",
        type=int,
        metavar="N",
        help="words with ids of N and more are unknown, as num_words of a Tokenizer says",
    )
    group.add_argument(
        "--id-offset",
        type=int,
        metavar="N",
        help="added to the ids of a word index; the id of the first token of a list",
    )
    group.add_argument("--unknown-id", type=_id_or("drop"), metavar="ID|drop", help="id of words without one, or drop")
    group.add_argument("--start-id", type=_id_or("none"), metavar="ID|none", help="id in front of every text, or none")
    group.add_argument("--end-id", type=_id_or("none"), metavar="ID|none", help="id behind every text, or none")
    group.add_argument(
        "--max-tokens",
        type=int,
        metavar="N",
        help="most ids of a text that are read (default: the length of the model's input)",
    )
    group.add_argument("--keep", choices=KEEPS, help="part of a longer text that is read")
    group.add_argument("--padding", choices=PADDINGS, help="side on which shorter texts were padded in training")
    parser.add_argument(
        "--architecture",
        metavar="FILE",
        help="the file of model.to_json() or to_yaml(), for a model file that holds weights alone (.weights.h5)",
    )
    parser.add_argument(
        "--replace",
        action="append",
        metavar="NAME=FILE.py:function",
        help="your own body of a layer that Keras does not know, by the name of its class or by its own: a function that gets "
        "its configuration and returns a layer made of Keras's layers and keras.ops, or that class itself; it is run in this "
        "process; may be given more than once",
    )
    parser.add_argument(
        "--data",
        help="imdb, a FILE.csv or a FOLDER of held-out texts with labels (default: what the training run held out)",
    )


class _PrintRules(argparse.Action):
    """Prints rules as ``--help`` prints help: the command needs nothing else."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        from drupelet_export.reading.rules_text import rules_as_toml

        try:
            rules = named_rules(str(values))
        except InputError as error:
            parser.error(str(error))
        print(rules_as_toml(rules), end="")
        parser.exit()


def _id_or(word: str) -> Callable[[str], int | str]:
    """The type of an option that takes an id or that word."""

    def parse(value: str) -> int | str:
        if value == word:
            return value
        try:
            return int(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{value!r}, expected a number or {word}") from None

    return parse


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


def add_weight_range_option(parser: argparse.ArgumentParser, default: int | None, shown: str) -> None:
    """Declares the option for small weights. ``shown``: what help calls the default."""
    parser.add_argument(
        "--weight-range",
        type=int,
        choices=WEIGHT_RANGES,
        default=default,
        help="largest magnitude of the int8 weights of recurrent layers in wi8 and wi4: with 63, processors without dot "
        f"products (Pi 3, Pi 4, AVX2) multiply faster, and answers are less exact (default: {shown})",
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


SETTINGS = (
    "tokenizer", "text_rules", "num_words", "id_offset", "unknown_id", "start_id", "end_id", "max_tokens", "keep", "padding",
)  # fmt: skip
"""The options that say how the words of ``--vocab`` are used."""


def source_of(path: Path, options: argparse.Namespace) -> Source:
    """The model and how its texts are read, from a run folder or from the options."""
    from drupelet_export.reading.replacement import load_replacements
    from drupelet_export.reading.source import Source, best_trial_of, is_run_folder, read_run_folder
    from drupelet_export.reading.text_options import TextOptions

    given = [name for name in ("vocab", "labels", *SETTINGS) if getattr(options, name) is not None]
    path = best_trial_of(path) or path
    if is_run_folder(path):
        given += [name for name in ("architecture", "replace") if getattr(options, name) is not None]
        if given:
            raise InputError(f"{path}: a run folder holds its own text options; remove {_flags(given)}")
        source = read_run_folder(path)
        if options.data is None:
            return source
        return replace(source, data=options.data, all_held_out=options.data != source.data, recorded_sha256=None)
    is_saved_model = (path / SAVED_MODEL).exists()
    if is_saved_model and not (path / KERAS_METADATA).exists():
        raise InputError(
            f"{path}: a SavedModel, which holds no layers that could be compiled; expected a .keras or .h5 file; next: "
            "model.save('model.keras') in the program that has the model"
        )
    if path.is_dir() and not is_saved_model:
        raise InputError(
            f"{path}: a folder without run.json; expected the folder of a drupelet train run or study, or a model file"
        )
    if not path.exists():
        raise InputError(f"{path}: not found; expected a .keras or .h5 file, or the folder of a drupelet train run")
    if options.labels is None:
        raise InputError(
            f"{path}: the names of its classes are not known; give --labels a,b in the order of the model's output"
        )
    labels = parse_labels(argument_text(options.labels, "--labels"))
    settings = [name for name in given if name in SETTINGS]
    if options.vocab is None and settings:
        raise InputError(
            f"{path}: {_flags(settings)} without --vocab; give --vocab FILE too, or nothing of both for a model with a "
            "TextVectorization inside"
        )
    text = TextOptions(labels, None if options.vocab is None else _given(options))
    architecture = None if options.architecture is None else Path(options.architecture)
    replacements = load_replacements(options.replace or ())
    return Source(
        path, text, options.data, all_held_out=True, architecture=architecture, replacements=tuple(replacements)
    )


def parse_labels(given: str) -> tuple[str, ...]:
    """The labels in a line of CSV: one with a comma stands in quotes. Raises InputError for quotes that are not closed."""
    try:
        rows = list(csv.reader([given], skipinitialspace=True, strict=True))
    except csv.Error as error:
        if not stands_in_a_line(given):
            raise InputError(
                f"--labels {given!r:.80}: has a character that cannot stand in a line; name the labels without it"
            ) from error
        raise InputError(
            f"--labels {given!r:.80}: not a line of CSV ({error}); quote a label with a comma, and double each quote in it"
        ) from error
    return tuple(label.strip() for row in rows for label in row)


def _given(options: argparse.Namespace) -> Given:
    """What the options say of the words in ``--vocab``."""
    from drupelet_export.reading.owner_vocabulary import read_owner_vocabulary
    from drupelet_export.reading.rules_file import read_rules_file
    from drupelet_export.reading.text_facts import Given

    rules = None
    if options.tokenizer is not None:
        rules = named_rules(argument_text(options.tokenizer, "--tokenizer"))
    elif options.text_rules is not None:
        rules = read_rules_file(Path(options.text_rules))
    same = ("num_words", "id_offset", "unknown_id", "start_id", "end_id", "max_tokens", "keep", "padding")
    vocabulary = read_owner_vocabulary(Path(options.vocab))
    return Given(vocabulary, str(options.vocab), rules, **{name: getattr(options, name) for name in same})


def _flags(names: Sequence[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)

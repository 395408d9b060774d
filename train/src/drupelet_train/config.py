"""The training configuration, and the TOML file that holds it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from drupelet.errors import InputError, closest_match
from drupelet.text.named import NAMED_RULES, named_rules
from drupelet.text.rules import KEEPS, TextRules
from drupelet.text_source import read_settings
from drupelet_train.words.glove import DIMENSIONS
from drupelet_train.words.vocabulary import UNKNOWN_ID

AUTO = "auto"
"""``tokenizer`` of a configuration that leaves the choice of text rules to the training texts."""

BUILT_IN = Path(__file__).parent / "configs"
"""The folder of the configurations that come with this package."""

MAX_CONFIG_BYTES = 1 << 20
"""Most bytes of a configuration, which has a line for each of some fifty settings."""

OUTPUT_EACH = "sigmoids"
"""``output`` where a text may have several labels: a sigmoid for each of them."""

FLOAT_BITS = 32
"""``embedding_bits`` of an embedding that stays float32."""

CHOICES: dict[str, tuple[Any, ...]] = {
    "tokenizer": (AUTO, *(name for name, rules in NAMED_RULES.items() if not rules.reserved_ids())),
    "vocabulary": ("frequent", "telling"),
    "keep": KEEPS,
    "padding": ("pre", "post"),
    "embedding": ("glove-6b-50d", "random"),
    "embedding_bits": (FLOAT_BITS, 8, 4),
    "teacher": ("none", "ngram", "ensemble"),
    "cell": ("lstm", "gru"),
    "pooling": ("last", "max", "average", "max+average"),
    "output": ("softmax", "sigmoid", OUTPUT_EACH),
    "schedule": ("cosine", "constant"),
}

RANGES: dict[str, tuple[float, float]] = {
    "vocabulary_size": (3, 1_000_000),
    "max_tokens": (1, 100_000),
    "training_tokens": (1, 100_000),
    "embedding_dim": (1, 4_096),
    "units": (1, 4_096),
    "layers": (1, 8),
    "members": (1, 16),
    "teacher_share": (0.0, 1.0),
    "crops": (0, 100),
    "mixtures": (0, 100),
    "dropout": (0.0, 0.9),
    "word_dropout": (0.0, 0.9),
    "head_dropout": (0.0, 0.9),
    "learning_rate": (1e-7, 1.0),
    "embedding_learning_rate": (0.0, 1.0),
    "batch_size": (1, 65_536),
    "epochs": (1, 10_000),
    "quantized_epochs": (1, 10_000),
    "patience": (1, 10_000),
    "validation_fraction": (0.001, 0.5),
    "validation_blocks": (1, 10_000),
    "seed": (0, 2**31 - 1),
}
"""Smallest and largest value of each number. The upper limits catch typing errors, not models that are merely large."""


@dataclass(frozen=True)
class TrainConfig:
    """All settings of a training. The result follows from them and the corpus.

    The defaults are those of ``configs/tutorial.toml``, except ``embedding_bits`` and ``quantized_epochs``.

    ``tokenizer`` names the text rules; with ``auto`` the training texts decide
    (:func:`drupelet_train.words.rules_choice.choose_rules`). ``vocabulary_size`` counts the two reserved ids. The model
    reads at most ``max_tokens`` of a text and keeps the part that ``keep`` names; training reads at most
    ``training_tokens`` of it. ``embedding_learning_rate`` 0 freezes the embedding. With ``embedding_bits`` below 32,
    the embedding is put on the grid of the exporter's integer schemes and frozen for the last ``quantized_epochs``, in
    which all other weights adapt to it. ``members`` networks of these ``units`` and ``embedding_dim`` are trained
    separately and joined before those epochs. The three dropouts act only in training: ``dropout`` hides whole embedding
    dimensions of a text, ``word_dropout`` replaces words by the unknown one, ``head_dropout`` hides inputs of the output
    layer. ``output`` is a softmax over the classes, one sigmoid for two classes, or, chosen by itself where a text may have
    several labels, ``sigmoids``: one for each. After ``patience`` epochs without a lower validation loss the
    training ends, or its quantized epochs begin. Without ``restore_best_weights`` no validation loss chooses: all epochs are
    trained, and the last one is kept. A few hundred validation texts cannot tell one epoch from the next.
    """

    tokenizer: str = AUTO
    vocabulary: str = "frequent"
    vocabulary_size: int = 20_000
    max_tokens: int = 400
    training_tokens: int = 400
    keep: str = "ends"
    padding: str = "pre"
    embedding: str = "glove-6b-50d"
    embedding_dim: int = DIMENSIONS
    embedding_learning_rate: float = 0.001
    embedding_bits: int = FLOAT_BITS
    cell: str = "lstm"
    units: int = 64
    layers: int = 1
    members: int = 1
    bidirectional: bool = False
    pooling: str = "last"
    teacher: str = "none"
    teacher_share: float = 0.5
    crops: int = 0
    mixtures: int = 0
    dropout: float = 0.3
    word_dropout: float = 0.2
    head_dropout: float = 0.5
    output: str = "softmax"
    learning_rate: float = 0.004
    schedule: str = "cosine"
    batch_size: int = 64
    epochs: int = 8
    quantized_epochs: int = 2
    patience: int = 3
    restore_best_weights: bool = True
    validation_fraction: float = 0.1
    validation_blocks: int = 4
    seed: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_value(field.name, getattr(self, field.name), type(field.default))
        if self.embedding == "glove-6b-50d" and self.embedding_dim > DIMENSIONS:
            raise InputError(
                f"embedding_dim is {self.embedding_dim}, expected at most {DIMENSIONS}, the length of the GloVe vectors; "
                'lower it or set embedding = "random"'
            )
        if self.members > 1 and (self.layers > 1 or self.float_epochs in (0, self.epochs)):
            raise InputError(
                f"members is {self.members}, expected 1 with layers = {self.layers}, embedding_bits = "
                f"{self.embedding_bits}, epochs = {self.epochs} and quantized_epochs = {self.quantized_epochs}: members need "
                f"layers = 1, embedding_bits = 4 or 8, and fewer quantized_epochs than epochs"
            )
        for name in ("units", "embedding_dim"):
            if getattr(self, name) * self.members > RANGES[name][1]:
                raise InputError(
                    f"{name} is {getattr(self, name)} and members is {self.members}, expected a product of at most "
                    f"{RANGES[name][1]}, the {name} of the joined network; lower either"
                )
        if self.float_epochs < 0:
            raise InputError(
                f"quantized_epochs is {self.quantized_epochs}, expected at most epochs, which is {self.epochs}; lower "
                f"it, or set embedding_bits = {FLOAT_BITS}"
            )

    @property
    def float_epochs(self) -> int:
        """Number of epochs, the first ones, with a float32 embedding."""
        return self.epochs if self.embedding_bits == FLOAT_BITS else self.epochs - self.quantized_epochs

    def text_rules(self) -> TextRules:
        """The named rules with this configuration's ``max_tokens`` and ``keep``, and the vocabulary's unknown id.

        Raises ValueError while ``tokenizer`` is ``auto``: the texts decide then (:func:`drupelet_train.text_settings.settle`).
        """
        if self.tokenizer == AUTO:
            raise ValueError("tokenizer is 'auto': the training texts decide")
        rules = named_rules(self.tokenizer)
        return replace(rules, max_tokens=self.max_tokens, keep=self.keep, unknown_id=UNKNOWN_ID)

    def to_json(self) -> dict[str, Any]:
        """The configuration as a flat JSON object; ``TrainConfig(**to_json())`` is the inverse."""
        return asdict(self)

    def to_toml(self) -> str:
        """The configuration as TOML, a line a setting; :func:`load_config` is the inverse."""
        return "".join(f"{key} = {json.dumps(value)}\n" for key, value in asdict(self).items())


def load_config(path: Path) -> TrainConfig:
    """Reads the configuration from a TOML file. Keys that the file leaves out keep their defaults.

    Raises InputError, naming file and key, for a missing file, an unknown key, a wrong type or a value out of range.
    """
    try:
        values = tomllib.loads(read_settings(path, MAX_CONFIG_BYTES))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; expected a TOML file with training settings") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the file and its permissions") from error
    except ValueError as error:  # TOMLDecodeError is one, and so is the error for a number of too many digits
        raise InputError(f"{path}: not a TOML file: {error}; correct the file there") from error
    except RecursionError as error:
        raise InputError(f"{path}: nested too deeply; expected a line for each setting") from error
    try:
        return parse_config(values)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def with_settings(config: TrainConfig, given: Sequence[str]) -> TrainConfig:
    """The configuration with settings given as ``key=value``, the value as TOML; that of a string needs no quotes.

    Raises InputError for what is no such pair, an unknown key, a wrong type or a value out of range.
    """
    values = config.to_json()
    for entry in given:
        key, equals, value = (part.strip() for part in entry.partition("="))
        if not equals or not key:
            raise InputError(f"--set {entry}: expected KEY=VALUE, such as epochs=3")
        values[key] = _toml_value(key, value)
    try:
        return parse_config(values)
    except InputError as error:
        raise InputError(f"--set: {error}") from error


def given_names(given: Sequence[str]) -> set[str]:
    """The names in settings that are given as ``key=value``."""
    return {entry.partition("=")[0].strip() for entry in given}


def _toml_value(key: str, text: str) -> object:
    kinds = {field.name: type(field.default) for field in fields(TrainConfig)}
    if kinds.get(key) is str and text[:1] not in ("'", '"'):
        return text
    try:
        found = tomllib.loads(f"value = {text}") if "\n" not in text and text.count(".") <= 1 else {}
    except ValueError as error:
        raise InputError(
            f"--set {key}: {text!r:.60} is no value of TOML ({error}); write it as in a configuration"
        ) from error
    if set(found) != {"value"}:
        raise InputError(f"--set {key}: {text!r:.60}, expected one value of TOML, as in a configuration")
    return found["value"]


def built_in_configs() -> dict[str, str]:
    """The name of every configuration that comes with this package, and what it is for: the first sentence of its comment."""
    found = {}
    for path in sorted(BUILT_IN.glob("*.toml"), key=lambda path: path.stem):
        comment = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                break
            comment.append(line.lstrip("# "))
        found[path.stem] = re.split(r"(?<=[.]) ", " ".join(comment))[0]
    return found


def named_config(name: str) -> TrainConfig:
    """The configuration in a TOML file or, where there is no such file, the one of that name that comes with this package.

    Raises InputError as :func:`load_config` does; for a name that is neither, with the closest one.
    """
    path = Path(name)
    if path.suffix or path.parent != Path() or path.exists():
        return load_config(path)
    if name not in built_in_configs():
        raise InputError(
            f"--config {name}: no such file, and no configuration that comes with drupelet-train"
            f"{closest_match(name, built_in_configs())}; see drupelet train --list-configs"
        )
    return load_config(BUILT_IN / f"{name}.toml")


def parse_config(values: Mapping[str, Any]) -> TrainConfig:
    """The configuration with these values, and defaults for the rest.

    Raises InputError for an unknown key, a wrong type or a value out of range.
    """
    known = [field.name for field in fields(TrainConfig)]
    for key in values:
        if key not in known:
            close = get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(known)}"
            raise InputError(f"unknown key {key!r}; {hint}")
    return TrainConfig(**values)


def check_output(config: TrainConfig, classes: int, several: bool = False) -> None:
    """Raises InputError for an output that does not fit the number of classes, or ``several`` labels of a text."""
    if config.output == "sigmoid" and (classes != 2 or several):
        what = "texts with several labels" if several else f"{classes} classes, expected 2"
        raise InputError(f'output is "sigmoid" for {what}; set output = "softmax"')
    if config.output == OUTPUT_EACH and not several:
        raise InputError(
            f'output is "{OUTPUT_EACH}", which decides each label alone, and every text has one label; set output = "softmax", '
            "or read several labels of a text with --multi-label"
        )
    if several and config.teacher != "none":
        raise InputError(
            f'teacher is "{config.teacher}", and texts have several labels, which no teacher knows; set teacher = "none"'
        )


def _check_value(key: str, value: Any, expected: type) -> None:
    if expected is float:
        right_type = isinstance(value, (int, float)) and not isinstance(value, bool)
    else:
        right_type = type(value) is expected
    if not right_type:
        name = {int: "a whole number", float: "a number", bool: "true or false", str: "a string"}[expected]
        raise InputError(f"{key} is {value!r}, expected {name}")
    if key in CHOICES and value not in CHOICES[key]:
        if (key, value) == ("tokenizer", "keras"):
            named_rules(value)  # raises, and says which two rules may be meant
        close = get_close_matches(value, CHOICES[key], n=1) if isinstance(value, str) else []
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise InputError(f"{key} is {value!r}, expected one of {', '.join(map(str, CHOICES[key]))}{hint}")
    if key in RANGES:
        low, high = RANGES[key]
        if not low <= value <= high:
            raise InputError(f"{key} is {value}, expected {low} to {high}")

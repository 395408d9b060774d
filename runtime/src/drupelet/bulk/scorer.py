"""A callable over a batch of columns: what engines for tables (Ray, Polars, DuckDB, Spark) want of a model."""

from __future__ import annotations

import math
import os

from drupelet.classifier import load
from drupelet.errors import BundleReplacedError, DrupeletError, InputError, closest_match
from drupelet.labelled_rows import LABEL_SEPARATOR

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, Union

    from drupelet.classifier import Classifier
    from drupelet.prediction import Prediction

    Answer = Union[Prediction, DrupeletError, None]
    """Of a text; the error of a text that cannot be answered; None where there is no text."""

LABEL, PROBABILITY = "label", "probability"
"""Columns that are added. The label of a rejected text, and both of a row without a text, are None."""


class Scorer:
    """Adds the answers of a bundle to a batch of columns.

    >>> scorer = Scorer("artifacts/imdb-tiny", text_column="review")
    >>> scorer({"id": [7], "review": ["a wonderful film"]})
    {'id': [7], 'review': ['a wonderful film'], 'label': ['positive'], 'probability': [0.888...]}

    ``prefix`` stands in front of the names of the added columns. With ``probabilities`` each label has a column
    ``probability_LABEL``. A network that decides each label alone answers a list of labels and a list of their probabilities.

    The bundle is loaded at the first call, once in a process. A scorer that is pickled carries the path of the bundle, not the
    bundle: the process that unpickles it loads it from there, and raises BundleReplacedError where it finds another one.
    """

    def __init__(
        self,
        bundle: str | os.PathLike[str],
        text_column: str = "text",
        engine: str = "auto",
        scheme: str | None = None,
        prefix: str = "",
        probabilities: bool = False,
    ) -> None:
        try:
            prefix.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"the prefix {prefix!r} has half a character, or a byte that is not UTF-8") from error
        self.bundle = os.fspath(bundle)
        self.text_column = text_column
        self.engine = engine
        self.scheme = scheme
        self.prefix = prefix
        self.probabilities = probabilities
        self._digest: str | None = None  # of the bundle that the first process saw
        self._classifier: Classifier | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the loaded model. What was "auto", or a name, stays the engine, the file and the path chosen here."""
        classifier = self.classifier
        return {
            **self.__dict__,
            "_classifier": None,
            "bundle": os.path.abspath(classifier.bundle.path),  # noqa: PTH100 - as classifier.py
            "engine": classifier.engine,
            "scheme": classifier.model.scheme,
        }

    @property
    def classifier(self) -> Classifier:
        """The model, loaded now if it was not. Raises BundleReplacedError where it is not that of the first process."""
        if self._classifier is None:
            classifier = load(self.bundle, self.engine, self.scheme)
            digest = classifier.bundle.manifest.digest
            if self._digest not in (None, digest):
                raise BundleReplacedError(
                    f"{self.bundle}: is another bundle here than where the work began (sha256 of the manifest "
                    f"{digest[:12]}..., there {str(self._digest)[:12]}...); put the same bundle on every machine"
                )
            self._classifier, self._digest = classifier, digest
        return self._classifier

    @property
    def digest(self) -> str:
        """The SHA-256 of the bundle's manifest, which names that of every file."""
        return self.classifier.bundle.manifest.digest

    def added_columns(self) -> list[str]:
        """The names of the added columns, in their order."""
        names = [LABEL, PROBABILITY]
        if self.probabilities:
            names += [f"{PROBABILITY}_{label}" for label in self.classifier.labels]
        return [self.prefix + name for name in names]

    def __call__(self, columns: Mapping[str, Iterable[Any]]) -> dict[str, Any]:
        """The columns as they are, with those of the answers behind them, which are lists.

        The column of texts may be a list, or a column of numpy, pandas, Polars or Arrow. A missing value (None, NaN, pandas'
        NA) has the answer None.

        Raises InputError where the column of texts is missing or an added name is taken; and, with the number of the row in
        the batch, from 0, for a value that is neither missing nor a str, and for a text that the network cannot read.
        """
        if self.text_column not in columns:
            raise InputError(f"no column {self.text_column!r}{closest_match(self.text_column, list(columns))}")
        self.check_names(list(columns))
        texts = _python_values(columns[self.text_column])
        for row, text in enumerate(texts):
            if not (isinstance(text, str) or _is_missing(text)):
                raise InputError(
                    f"row {row} of the batch: column {self.text_column!r} holds {type(text).__name__} {text!r:.40}, expected "
                    "texts; make strings of it, or name another column with text_column"
                )
        answers = self.answers(texts)
        for row, answer in enumerate(answers):
            if isinstance(answer, DrupeletError):
                raise InputError(f"row {row} of the batch: {answer}") from answer
        added = [self.values(answer) for answer in answers]
        return {**columns, **{name: [row[place] for row in added] for place, name in enumerate(self.added_columns())}}

    def check_names(self, names: Sequence[str], where: str = "") -> None:
        """Raises InputError when an added column has the name of one that is there."""
        for added in self.added_columns():
            if added in names:
                raise InputError(
                    f"{where}the texts have a column {added!r} already, as the answers would be called; give them a prefix, "
                    "such as answer_"
                )

    def answers(self, texts: Sequence[Any]) -> list[Answer]:
        """The answer for each text, None for what is no str. A text that cannot be answered costs nobody else an answer.

        Raises DrupeletError where the bundle cannot be loaded.
        """
        asked = [text for text in texts if isinstance(text, str)]
        classifier = self.classifier  # a bundle that cannot be loaded is no fault of a text
        try:
            predictions: Sequence[Answer] = classifier.predict(asked)
        except DrupeletError:
            predictions = [self._alone(text) for text in asked]
        remaining = iter(predictions)
        return [next(remaining) if isinstance(text, str) else None for text in texts]

    def _alone(self, text: str) -> Answer:
        try:
            return self.classifier(text)
        except DrupeletError as error:
            return error

    def values(self, answer: Answer) -> list[Any]:
        """The values of the added columns for an answer; what is not a number is None."""
        if answer is None or isinstance(answer, DrupeletError):
            return [None] * len(self.added_columns())
        probabilities = [value if math.isfinite(value) else None for value in answer.probabilities]
        if answer.is_multi_label:
            of_label = dict(zip(self.classifier.labels, probabilities))
            values: list[Any] = [list(answer.labels), [of_label[label] for label in answer.labels]]
        else:
            values = [answer.label, answer.probability if math.isfinite(answer.probability) else None]
        return values + (probabilities if self.probabilities else [])


def _python_values(column: Iterable[Any]) -> list[Any]:
    """The values of a column, in order. Arrow's own would be scalars of its types, and pandas finds a row by its index."""
    to_pylist: Callable[[], list[Any]] | None = getattr(column, "to_pylist", None)
    return list(column) if to_pylist is None else to_pylist()


def _is_missing(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, or pandas' NA, which is compared with nothing and told by its type alone."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"


def as_text(value: Any) -> str:
    """A value of an added column as a field of CSV: numbers have six decimals, as ``predict`` prints them."""
    if isinstance(value, list):
        return LABEL_SEPARATOR.join(map(as_text, value))
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.6f}"

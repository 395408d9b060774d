"""Which words of a text decided: how far the probability of a label falls without each, and what each adds to its log-odds."""

from __future__ import annotations

from typing import NamedTuple

from drupelet.errors import FormatError, InputError, closest_match
from drupelet.graph import PADDING_ID
from drupelet.linear_ending import linear_ending
from drupelet.output import most_probable, probabilities
from drupelet.text.spans import words_with_spans
from drupelet.tokens import tokens_of
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drupelet.bundle import Bundle
    from drupelet.engines.protocol import TextSession
    from drupelet.prediction import Prediction

MAX_CHARACTERS = 1 << 18
"""Most characters of a text that is explained: 40,000 words. Each takes some bytes for the place that it comes from."""
MAX_WORK = 1 << 40
"""Most multiplications of the texts without each word: some minutes of a workstation."""
BATCH_TEXTS = 64
"""Texts without a word that an engine gets at a time."""


class Word(NamedTuple):
    """A word of a text, and what it did to the probability of a label.

    ``word`` is the word, or the n-gram, as it is after the text rules; ``text[start:end]`` became it, which is empty for a word
    that is made of no character of the text. ``use``: ``read``, or why the network did not read it: ``dropped`` (the vocabulary
    lacks it), ``cut`` (beyond max_tokens), ``masked`` (its id is that of padding).

    ``change``: the probability with the word minus that without it. ``share``: what it adds to the log-odds. A word that is not
    read has 0 for both. None: it was not asked for, is beyond ``most_words``, or is not known of this network.
    """

    word: str
    start: int
    end: int
    use: str
    change: float | None
    share: float | None


class Explanation(Value):
    """What each word of a text did to the probability of a label. ``words`` are all words, in the order of the text.

    ``log_odds``: of the label against the others, log(p / (1 - p)) where a sigmoid decides it or there are two labels; of more,
    the mean of log(p / p of another). It is the sum of all ``share`` and of ``rest``, to float32 rounding: the bias, and what
    start, end and padding add, which are no words. Both are None where the network has no such sum.
    """

    text: str
    label: str
    probability: float
    prediction: Prediction
    words: tuple[Word, ...]
    log_odds: float | None
    rest: float | None

    def deciding(self, count: int = 10) -> list[Word]:
        """The words that speak most for the label, at most so many: by ``change``, or by ``share`` where none was left out."""
        speaking = [(value, word) for word in self.words if (value := effect_of(word)) is not None and value > 0]
        return [word for _, word in sorted(speaking, key=lambda pair: -pair[0])[:count]]


def effect_of(word: Word) -> float | None:
    """The ``change`` of a word, or its ``share`` where that was not asked for."""
    return word.share if word.change is None else word.change


class Explainer:
    """Explains texts on a session. Keeps no state between calls."""

    def __init__(self, bundle: Bundle, engine: str, session: TextSession) -> None:
        manifest = bundle.manifest
        self._where = bundle.path
        self._engine = engine
        self._session = session
        self._rules = manifest.text_rules
        self._labels = manifest.labels
        self._network = manifest.network
        self._vocabulary = bundle.vocabulary()

    def explain(self, text: str, label: str | None, quick: bool, most_words: int | None = None) -> Explanation:
        """The explanation of a text. Raises InputError as :meth:`drupelet.Classifier.explain` does."""
        if isinstance(text, str) and len(text) > MAX_CHARACTERS:
            raise InputError(
                f"a text of {len(text)} characters, expected at most {MAX_CHARACTERS} to explain; explain a part of it"
            )
        prediction = self._session.answer([text])[0]
        if label is not None and label not in self._labels:
            raise InputError(f"label {label!r:.60} is not known{closest_match(str(label), self._labels)}")
        place = most_probable(prediction.probabilities) if label is None else self._labels.index(label)
        ids = self._session.encode(text)
        words, read = self._words(text, len(ids))
        shares = self._shares(ids, quick)
        [logits] = self._session.run([ids])

        def probability(logits: Sequence[float]) -> float:
            return probabilities(logits, self._network.output)[place]

        changes: dict[int, float] = {}
        whole = probability(logits)
        if not quick:
            places = [read[number] for number in sorted(read)]
            tried = places if most_words is None else places[:most_words]
            left_out = self._left_out(ids, tried, is_whole=len(tried) == len(places))
            changes = dict(zip(tried, (whole - probability(row) for row in left_out)))
        of_ids = None if shares is None else [self._log_odds(row, place) for row in shares]

        def effect(number: int, known: Callable[[int], float | None] | None) -> float | None:
            return None if known is None else known(read[number]) if number in read else 0.0

        explained = tuple(
            Word(
                *word,
                change=effect(number, None if quick else changes.get),
                share=effect(number, None if of_ids is None else of_ids.__getitem__),
            )
            for number, word in enumerate(words)
        )
        return Explanation(
            text=text,
            label=self._labels[place],
            probability=prediction.probabilities[place],
            prediction=prediction,
            words=explained,
            log_odds=None if of_ids is None else self._log_odds(logits, place),
            rest=None if of_ids is None else sum(of_ids) - sum(of_ids[held] for held in read.values()),
        )

    def _words(self, text: str, id_count: int) -> tuple[list[tuple[str, int, int, str]], dict[int, int]]:
        """The words with their places and uses, and for the number of each that is read the place of its id."""
        spans = words_with_spans(self._rules, text)
        network = self._network
        tokens = tokens_of(self._rules, self._vocabulary, [span.word for span in spans], not network.padded)
        kept = [token.kind for token in tokens if token.use == "read"]
        filling = id_count - len(kept)
        if filling < 0 or (filling > 0 and not network.padded):
            raise FormatError(
                f"{self._where}: the engine reads other ids than the text rules give; run drupelet verify"
            )
        words: list[tuple[str, int, int, str]] = []
        read: dict[int, int] = {}
        place = filling if network.padding == "pre" else 0
        for token in tokens:
            if token.word is not None:
                span = spans[len(words)]
                if token.use == "read":
                    read[len(words)] = place
                words.append((span.word, span.start, span.end, token.use))
            place += token.use == "read"
        return words, read

    def _left_out(self, ids: list[int], places: Sequence[int], is_whole: bool) -> list[list[float]]:
        """The logits without the id at each of these places, which are those of all words where it ``is_whole``."""
        work = len(places) * self._network.work(len(ids))
        if work > MAX_WORK:
            raise InputError(
                f"a text of {len(ids)} tokens: to leave each out would take {work} multiplications, expected at most "
                f"{MAX_WORK}; explain a part of the text, or without leaving words out"
            )
        leave_one_out = getattr(self._session, "leave_one_out", None) if is_whole else None
        rows: list[list[float]] | None = leave_one_out(ids) if leave_one_out is not None else None
        if rows is not None:
            return [rows[place] for place in places]
        found: list[list[float]] = []
        for start in range(0, len(places), BATCH_TEXTS):
            found += self._session.run([self._without(ids, place) for place in places[start : start + BATCH_TEXTS]])
        return found

    def _without(self, ids: list[int], place: int) -> list[int]:
        """The ids without one, padded again where the network wants that."""
        rest, padding = ids[:place] + ids[place + 1 :], self._network.padding
        return rest if padding == "none" else [PADDING_ID, *rest] if padding == "pre" else [*rest, PADDING_ID]

    def _shares(self, ids: list[int], is_wanted: bool) -> list[list[float]] | None:
        """What each id, and at last the bias, adds to each logit; None where that is not known, unless it is wanted."""
        shares_of = getattr(self._session, "shares", None)
        rows: list[list[float]] | None = shares_of(ids) if shares_of is not None else None
        if rows is not None or not is_wanted:
            return rows
        if linear_ending(self._network) is None:
            why = "this network's log-odds are no sum over words"
        else:
            why = f"engine {self._engine!r} does not share log-odds among words; engines native and numpy do"
        raise InputError(f"{self._where}: {why}; leave words out instead")

    def _log_odds(self, logits: Sequence[float], place: int) -> float:
        """The log-odds of the label at that place: a sum over logits, and so of what adds up to them."""
        if len(logits) == 1:
            return logits[0] if place else -logits[0]
        if self._network.output == "sigmoid":
            return logits[place]
        return logits[place] - (sum(logits) - logits[place]) / (len(logits) - 1)

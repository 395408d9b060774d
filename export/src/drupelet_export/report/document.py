"""The document of a report: the verdict on a bundle as one typed value that JSON holds without loss.

``drupelet parity --json`` and ``drupelet export --json`` print it, and a bundle keeps it as ``parity.json``. The page and the
tables need nothing else. Its fields are the schema: :mod:`drupelet_export.report.typed_json` reads them by their annotations,
and a field with a default may be left out. Every document contains the JSON object of a
:class:`drupelet.verification.Verification`, so the output of ``drupelet verify --json`` is a document too.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from drupelet.comparison import Gate
from drupelet.decision import Decision
from drupelet.decision_words import rejection_in_words, thresholds_in_words
from drupelet.errors import FormatError, VersionError
from drupelet.proof import advice, claim, left_out_sentence
from drupelet.rejection import Rejection
from drupelet.text_choice import NEAREST
from drupelet.verification import SCHEMA_VERSION
from drupelet_export.report import typed_json

HISTOGRAM_EDGES = tuple(10.0 ** (k / 3) for k in range(-27, 1))
"""Three bins per decade, from 1e-9 (float32 resolves 6e-8 near 1) to 1, the largest possible difference."""
MAIN_SUITES = ("held_out", "answers", "sampled", "foreign", "edge")
"""The suites of goldens, from the one that says most: held-out texts have true labels, and so an accuracy."""
EDGE_SUITE = MAIN_SUITES[-1]
NEAREST_SUITE = NEAREST
CHECK_VERDICTS = ("passed", "noted", "failed", "accepted", "not checked")
CHECKS_FAILED = "answers like Keras on our ids, but text to ids or the labels CANNOT BE RIGHT"
"""The claim of a verdict that only checks of texts and labels failed."""
MAX_FLIPPED = 200
"""Maximum number of flipped texts that a document lists. A bundle that flips more is broken; the counts include them all."""
MAX_TEXT_CHARACTERS = 1500
"""Maximum characters kept of a flipped text: one screen on a desktop, three on a telephone. Edge texts have up to half a
million."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of 1 (or the change of one) with its 95 % interval."""

    share: float | None
    interval_95: tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True)
class SuiteComparison:
    """The comparison of one file on one engine with Keras, for one suite of texts.

    ``flipped`` holds the places of the first flips among the ``n`` texts, ``worst`` the place of the largest difference. Shares
    and calibration errors are None where true labels are not known. ``flips`` counts the labels that flipped among
    ``decisions``: one for each text (None), or one for each label of it in a multi-label network. The texts were chosen from
    ``total``; ``why`` says why not all of them were compared, and is None where they were.
    """

    passed: bool
    failures: tuple[str, ...]
    n: int
    decisions: int | None = None
    flips: int
    flipped: tuple[int, ...]
    max_difference: float | None = None
    p999_difference: float | None = None
    smallest_passing_tolerance: float | None = None
    worst: int | None = None
    id_mismatches: int
    accuracy: Share | None = None
    reference_accuracy: Share | None = None
    accuracy_change: Share | None = None
    expected_calibration_error: float | None = None
    reference_expected_calibration_error: float | None = None
    gate: Gate
    total: int | None = None
    why: str | None = None

    def __post_init__(self) -> None:
        if self.passed == bool(self.failures):
            raise FormatError("passed and failures contradict each other; export it again")
        if self.total is not None and self.total < self.n:
            raise FormatError(f"n is {self.n} of a total of {self.total} texts; export it again")

    @property
    def is_sample(self) -> bool:
        """True when not every text of the suite was compared."""
        return self.why is not None


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Microseconds from text to label over ``n`` texts: median and 95th percentile."""

    p50: float | None = None
    p95: float | None = None
    n: int
    tokens_mean: float | None = None


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Number of texts by their difference from Keras: ``counts[0]`` have none, ``counts[k]`` at most ``edges[k]``."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        ascending = all(low < high for low, high in pairwise(self.edges))
        if not (len(self.edges) == len(self.counts) >= 2 and self.edges[0] >= 1e-300 and ascending):
            raise FormatError("expected ascending edges above 0, and one count for each; export it again")


@dataclass(frozen=True, kw_only=True)
class ReliabilityBins:
    """:class:`drupelet.reliability.Reliability` in JSON: bins of equal width from 0 to 1, None where one is empty."""

    counts: tuple[int, ...]
    confidences: tuple[float | None, ...]
    accuracies: tuple[float | None, ...]
    expected_calibration_error: float | None = None
    error_by_chance: float | None = None

    def __post_init__(self) -> None:
        as_many = len(self.counts) == len(self.confidences) == len(self.accuracies) > 0
        if not as_many or not all(map(_is_bin, self.counts, self.confidences, self.accuracies)):
            raise FormatError(
                "expected a count, a confidence and an accuracy for each bin, from 0 to 1 or null when empty; export it again"
            )


@dataclass(frozen=True, kw_only=True)
class Result:
    """One model file on one engine: its comparisons by suite, or the reason why it did not run.

    ``histogram`` covers the main suite, ``reliability`` the texts whose true labels are known.
    """

    engine: str
    version: str | None = None
    file: str
    format: str
    scheme: str
    passed: bool | None = None
    not_run_because: str | None = None
    size_bytes: int
    latency_us: Latency | None = None
    suites: Mapping[str, SuiteComparison]
    histogram: Histogram | None = None
    reliability: ReliabilityBins | None = None

    def __post_init__(self) -> None:
        compared = self.suites.values()
        if self.passed and not (compared and all(comparison.passed for comparison in compared)):
            raise FormatError("passed and failures contradict each other; export it again")

    @property
    def ran(self) -> bool:
        """True when the engine ran the file."""
        return self.not_run_because is None

    @property
    def title(self) -> str:
        """Engine and scheme. Together they identify a result in a document."""
        return f"{self.engine} {self.scheme}"

    @property
    def main_suite(self) -> str | None:
        """The suite that figures and tables show: the first of :data:`MAIN_SUITES` that was compared."""
        return next((suite for suite in (*MAIN_SUITES, *self.suites) if suite in self.suites), None)

    @property
    def main(self) -> SuiteComparison | None:
        """The comparison of the main suite."""
        return None if self.main_suite is None else self.suites[self.main_suite]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A label and its probability."""

    label: str
    probability: float | None = None


@dataclass(frozen=True, kw_only=True)
class EngineAnswer:
    """The answer that one file gave on one engine."""

    file: str
    engine: str
    label: str
    probability: float | None = None


@dataclass(frozen=True, kw_only=True)
class FlippedText:
    """A text to which a file gave another label than Keras, with the answers of all such files.

    ``text`` is the beginning of the text, ``characters`` its whole length; both are None where the bundle leaves the text out.
    ``label`` is the true label.
    """

    name: str
    text: str | None = None
    characters: int | None = None
    label: str | None = None
    keras: Answer
    answers: tuple[EngineAnswer, ...]

    def __post_init__(self) -> None:
        if (self.text is None) != (self.characters is None):
            raise FormatError("one of text and characters without the other; export it again")
        if self.text is not None and self.characters is not None and self.characters < len(self.text):
            raise FormatError(f"a text of {self.characters} characters holds {len(self.text)} of them; export it again")


@dataclass(frozen=True, kw_only=True)
class GoldenCount:
    """The number of goldens of a bundle, and of those whose texts it leaves out."""

    n: int
    without_text: int


@dataclass(frozen=True, kw_only=True)
class TensorCost:
    """The change of the answers when only one tensor is quantized: probability differences, and flips."""

    scheme: str
    tensor: str
    max_dp: float | None = None
    mean_dp: float | None = None
    flips: int | None = None


@dataclass(frozen=True, kw_only=True)
class StageError:
    """The relative error of a quantized model after a stage: root mean square of the error, divided by that of the values."""

    scheme: str
    stage: str
    relative_error: float | None = None


@dataclass(frozen=True, kw_only=True)
class PruningStep:
    """A vocabulary cut to its most frequent words, with the size, accuracy and flips that follow."""

    words: int
    size_bytes: int
    accuracy: float | None = None
    flips: int | None = None


@dataclass(frozen=True, kw_only=True)
class TextCheck:
    """What one check found of the way from text to ids, or of the labels.

    ``verdict``: passed, noted (worth a line, no failure), failed, accepted (failed, and overruled by name) or not checked.
    ``found`` says what was found and expected, ``advice`` what to do about a failure.
    """

    name: str
    verdict: str
    found: str
    advice: str | None = None

    def __post_init__(self) -> None:
        if self.verdict not in CHECK_VERDICTS:
            raise FormatError(f"verdict is {self.verdict!r:.60}, expected one of {', '.join(CHECK_VERDICTS)}")

    @property
    def sentence(self) -> str:
        """The finding of a failed check: its name, what was found, and what to do, or else to accept."""
        advice = "" if self.advice is None else f"{self.advice}; or "
        return f"{self.name}: {self.found}; next: {advice}accept it with --accept {self.name}"


@dataclass(frozen=True, kw_only=True)
class StoredDecision:
    """The thresholds of a bundle: of labels, in their order, and of rejection; None where it has none."""

    thresholds: tuple[float, ...] | None = None
    reject_below: float | None = None

    def __post_init__(self) -> None:
        self.whole()

    def whole(self) -> Decision:
        """The decision. Raises FormatError for an impossible one."""
        return Decision.from_json(typed_json.to_json(self))


@dataclass(frozen=True, kw_only=True)
class RejectionCounts:
    """:class:`drupelet.rejection.Rejection` in JSON."""

    rate: float
    foreign: str
    chosen_on: int
    accepted: int
    fresh: int
    fresh_accepted: int
    own_suite: str
    own: int
    own_rejected: int
    without_words: int

    def __post_init__(self) -> None:
        self.whole()

    def whole(self) -> Rejection:
        """The record. Raises FormatError for an impossible one."""
        return Rejection.from_json(typed_json.to_json(self))


@dataclass(frozen=True, kw_only=True)
class Document:
    """The verdict on a bundle, and everything else that the report shows.
     None: not known to the writer. A device that verifies itself, for example, knows neither the ledger nor the texts
    that flipped. ``proof`` and ``reference`` say what a passed verdict proves (drupelet.proof); ``without_text`` goldens were
    compared from their ids on, and ``texts_found`` that the bundle leaves out were given. ``bundle`` is the
    path of the bundle, ``name`` the name in its manifest. ``findings`` lists the faults of files and what ``text_checks``
    failed. ``source`` and ``machine`` are facts by name. ``ledger`` has the bytes of every file by part.
    """

    bundle: str
    passed: bool
    proof: str | None = None
    reference: str | None = None
    without_text: int = 0
    texts_found: int | None = None
    findings: tuple[str, ...] = ()
    text_checks: tuple[TextCheck, ...] = ()
    results: tuple[Result, ...]
    name: str | None = None
    created_by: str | None = None
    network: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    decision: StoredDecision | None = None
    rejection: RejectionCounts | None = None
    goldens: GoldenCount | None = None
    source: Mapping[str, str | None] | None = None
    machine: Mapping[str, str | None] | None = None
    reference_reliability: ReliabilityBins | None = None
    flipped: tuple[FlippedText, ...] | None = None
    ledger: Mapping[str, Mapping[str, int]] | None = None
    explanation: tuple[TensorCost | StageError, ...] | None = None
    pruning: tuple[PruningStep, ...] | None = None

    def __post_init__(self) -> None:
        if self.passed and (self.findings or not self.ran or not all(result.passed for result in self.ran)):
            raise FormatError("the verdict is passed, but not every file that ran did; export it again")
        failed = next((check for check in self.text_checks if check.verdict == "failed"), None)
        if self.passed and failed is not None:
            raise FormatError(f"the verdict is passed, but the check {failed.name!r:.60} failed; export it again")

    @property
    def ran(self) -> list[Result]:
        """The results of files that an engine ran."""
        return [result for result in self.results if result.ran]

    @property
    def claim(self) -> str:
        """What the verdict says, as the end of a sentence."""
        if self.passed:
            return claim(self.proof, self.reference, self.without_text)
        failed = [check for check in self.text_checks if check.verdict == "failed"]
        only_checks = len(self.findings) == len(failed) > 0 and self.ran and all(result.passed for result in self.ran)
        return CHECKS_FAILED if only_checks else "DOES NOT answer like Keras"

    @property
    def advice(self) -> str | None:
        """How to have checked what a passed verdict leaves open; None where nothing is left."""
        return advice(self.proof, self.without_text) if self.passed else None

    @property
    def left_out(self) -> str | None:
        """What the bundle holds in place of texts that it leaves out; None where it has every text, or that is not known."""
        goldens = self.goldens
        return left_out_sentence(goldens.without_text, goldens.n) if goldens and goldens.without_text else None

    @property
    def decided(self) -> list[str]:
        """Sentences on the thresholds of the bundle; none where it has none."""
        if self.decision is None:
            return []
        decision = self.decision.whole()
        rejection = None if self.rejection is None else self.rejection.whole()
        sentences = [f"thresholds: {thresholds_in_words(decision, self.labels)}"] if decision.thresholds else []
        if decision.reject_below is not None:
            sentences.append(f"rejection: {rejection_in_words(decision, rejection)}")
        return sentences

    @property
    def title(self) -> str:
        """The name of the bundle."""
        return self.bundle if self.name is None else self.name

    @property
    def tensor_costs(self) -> list[TensorCost]:
        """The rows of the explanation that are about a single tensor."""
        return [row for row in self.explanation or () if isinstance(row, TensorCost)]

    def to_json(self) -> dict[str, Any]:
        """The document as a JSON object, its schema version first."""
        return {"schema_version": SCHEMA_VERSION, **typed_json.to_json(self)}

    @classmethod
    def from_json(cls, value: object, where: str = "report") -> Document:
        """The document in a JSON value. Numbers that are not finite and fields that are left out become None.

        Raises VersionError for another schema version, and FormatError that names the field when it is not a document.
        """
        expected = "expected the output of drupelet parity --json"
        if not isinstance(value, Mapping) or "schema_version" not in value:
            raise FormatError(f"{where}: not a report of drupelet, it has no schema_version; {expected}")
        version = value["schema_version"]
        if version != SCHEMA_VERSION or isinstance(version, bool):
            raise VersionError(
                f"{where}: schema_version {version!r:.40}, this release reads {SCHEMA_VERSION}; upgrade drupelet or "
                "export again"
            )
        missing = typed_json.missing_fields(cls, value)
        if missing:
            raise FormatError(f"{where}: not a report of drupelet, field {missing[0]!r} is missing; {expected}")
        rest = {name: item for name, item in value.items() if name != "schema_version"}
        return typed_json.from_json(cls, rest, where)


def difference_histogram(differences: Iterable[float]) -> Histogram:
    """The histogram of differences from Keras, over HISTOGRAM_EDGES.

    A difference below the first edge counts in bin 1, one above the last edge in the last bin. Differences that are not
    finite are left out; the page shows how many are missing from n.
    """
    counts = [0] * len(HISTOGRAM_EDGES)
    for difference in differences:
        if difference == 0:
            counts[0] += 1
        elif math.isfinite(difference):
            place = bisect.bisect_left(HISTOGRAM_EDGES, difference)
            counts[min(max(1, place), len(counts) - 1)] += 1
    return Histogram(edges=HISTOGRAM_EDGES, counts=tuple(counts))


def _is_bin(count: int, confidence: float | None, accuracy: float | None) -> bool:
    if confidence is None or accuracy is None:
        return confidence is accuracy is None and count == 0
    return count > 0 and 0 <= confidence <= 1 and 0 <= accuracy <= 1

"""Verifies a bundle on this machine: the hash of every file, and every engine against the goldens."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Callable

from drupelet.availability import candidates
from drupelet.bounded_read import read_at_most
from drupelet.bundle import MAX_FILE_BYTES, Bundle, open_bundle
from drupelet.classifier import BATCH_TEXTS, Classifier, named_engine
from drupelet.comparison import GATES, Comparison, compare
from drupelet.decision import Decision
from drupelet.errors import EngineUnavailableError, FormatError, InputError
from drupelet.golden_texts import with_texts
from drupelet.goldens import Golden, read_goldens
from drupelet.latency import Latency, measure_latency
from drupelet.manifest import ModelEntry
from drupelet.proof import IDS, IDS_REFERENCE, advice, claim, proof_here
from drupelet.regular_file import open_regular_file
from drupelet.shared_encoder import SharedEncoders
from drupelet.signature import SUFFIX, Signature, check_signed_file, read_public_keys
from drupelet.text_choice import (
    EDGE,
    NEAREST,
    SLOW_ENGINES,
    Choice,
    every_golden,
    gate_of_suite,
    nearest_to_gate,
    sampled_goldens,
)
from drupelet.value import fields_of
from drupelet.zip_bundle import is_zip

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class EngineVerdict:
    """One model file on one engine: its comparison for each suite of goldens, or the reason why it did not run.

    ``answers`` are the probabilities of each text, suite by suite in the order of the goldens, so that they can be judged
    again without running. ``places`` are those of these texts among all goldens. ``latency`` is None where it was not measured.
    """

    engine: str
    version: str | None
    model: ModelEntry
    comparisons: dict[str, Comparison]
    reason: str | None
    answers: dict[str, list[tuple[float, ...]]] = field(default_factory=dict)
    latency: Latency | None = None
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the engine ran and every suite held its gate."""
        return bool(self.comparisons) and all(comparison.passed for comparison in self.comparisons.values())


@dataclass(frozen=True)
class Verification:
    """The verdicts of all files on all engines. ``findings`` are sentences about anything else that is wrong with a file.

    ``proof`` and ``reference`` say what a passed outcome proves. It passes when at least one engine ran, every engine that
    ran passed, and there is no finding. ``without_text`` goldens had no text and ran from their ids on; with any, ``proof`` is
    ``ids`` whatever that of the bundle is. ``texts_found`` of the texts that the bundle leaves out were given; None where
    none was asked for. ``signature``: that of the bundle, where keys were given to check it with.
    """

    bundle: str
    verdicts: tuple[EngineVerdict, ...]
    findings: tuple[str, ...] = ()
    proof: str = IDS
    reference: str = IDS_REFERENCE
    without_text: int = 0
    texts_found: int | None = None
    signature: Signature | None = None

    @property
    def passed(self) -> bool:
        """Whether every engine that ran agrees with Keras, and at least one ran."""
        ran = [verdict for verdict in self.verdicts if verdict.reason is None]
        return bool(ran) and all(verdict.passed for verdict in ran) and not self.findings

    @property
    def claim(self) -> str:
        """What it proves when it passes, as the end of a sentence."""
        return claim(self.proof, self.reference, self.without_text)

    @property
    def advice(self) -> str | None:
        """How to have checked what it leaves open when it passes; None where nothing is left."""
        return advice(self.proof, self.without_text)

    def to_json(self, answers: bool = False) -> dict[str, Any]:
        """The outcome as a JSON object; with ``answers``, the probabilities of every golden as well (null for NaN)."""
        return {
            "schema_version": SCHEMA_VERSION,
            "bundle": self.bundle,
            "passed": self.passed,
            "proof": self.proof,
            "reference": self.reference,
            "without_text": self.without_text,
            "texts_found": self.texts_found,
            **({} if self.signature is None else {"signature": fields_of(self.signature)}),
            "findings": list(self.findings),
            "results": [
                {
                    "engine": verdict.engine,
                    "version": verdict.version,
                    "file": verdict.model.entry.file,
                    "format": verdict.model.format,
                    "scheme": verdict.model.scheme,
                    "passed": verdict.passed if verdict.reason is None else None,
                    "not_run_because": verdict.reason,
                    "size_bytes": verdict.model.entry.size_bytes,
                    "latency_us": None if verdict.latency is None else verdict.latency.to_json(),
                    "suites": {suite: comparison.to_json() for suite, comparison in verdict.comparisons.items()},
                    **({"answers": _finite(verdict.answers)} if answers else {}),
                }
                for verdict in self.verdicts
            ],
        }


def _finite(answers: dict[str, list[tuple[float, ...]]]) -> dict[str, list[list[float | None]]]:
    """Probabilities as JSON has them, which has no NaN."""
    return {
        suite: [[value if math.isfinite(value) else None for value in values] for values in rows]
        for suite, rows in answers.items()
    }


def verify(
    bundle: Bundle,
    engine: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
    texts: Iterable[str] | None = None,
    count: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Checks the hash of every file of a bundle, then runs its goldens as :func:`run_engines` does.

    ``texts``: those that the bundle leaves out; each one whose hash a golden has is verified as a text. Raises IntegrityError
    or FormatError for a damaged file, InputError when the bundle has no goldens, when it leaves no text out though ``texts``
    are given, and when none of them is one of its own.
    """
    if engine is not None:
        named_engine(engine)
    fields_of(bundle.manifest)  # so that engines compare their files with all of it
    for entry in bundle.manifest.files():
        progress(f"reading {entry.file}")
        bundle.read(entry)
    bundle.vocabulary().check()
    if bundle.manifest.goldens is None:
        raise InputError(f"{bundle.path}: no goldens to verify with; use a bundle that drupelet export wrote")
    goldens = read_goldens(bundle.read(bundle.manifest.goldens), f"{bundle.path}: {bundle.manifest.goldens.file}")
    left_out = _without_text(goldens)
    found = None
    if texts is not None:
        if not left_out:
            raise InputError(f"{bundle.path}: has the texts of all its goldens; leave the texts out that you give")
        progress("comparing the texts with the hashes of the goldens")
        goldens = with_texts(goldens, texts)
        found = left_out - _without_text(goldens)
        if not found:
            raise InputError(
                f"{bundle.path}: none of the texts that were given is one of the {left_out:,} that the bundle leaves out; give "
                "the texts that it was exported with, unchanged to the last space"
            )
    return replace(run_engines(bundle, goldens, engine, progress, count=count), texts_found=found)


def check_signature_alone(path: str, keys: Sequence[str]) -> Signature:
    """Checks the signature of a bundle, and the hash of each of its files; of any other file the signature beside it.

    Raises InputError for keys that are none and for what cannot be read, SignatureError for what none of them signed,
    IntegrityError or FormatError for a damaged file.
    """
    is_file = not Path(path).is_dir()
    if is_file and (Path(path + SUFFIX).exists() or not is_zip(path)):
        trusted = read_public_keys(keys)
        try:
            with open_regular_file(path, "give a bundle, or a file that is signed") as file:
                content = read_at_most(file, MAX_FILE_BYTES)
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from error
        if len(content) > MAX_FILE_BYTES:
            raise InputError(f"{path}: more than {MAX_FILE_BYTES} bytes; check it with minisign -V")
        return check_signed_file(path, content, trusted)
    bundle = open_bundle(path, keys)
    for entry in bundle.manifest.files():
        bundle.read(entry)
    assert bundle.signature is not None, "keys were given"  # noqa: S101 - for mypy
    return bundle.signature


def run_engines(
    bundle: Bundle,
    goldens: Sequence[Golden],
    engine: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
    timed_texts: int = 0,
    count: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Runs every model file of a bundle on one engine, or on every engine that can run here, and compares with the goldens.

    A slow engine answers a sample (:mod:`drupelet.text_choice`) of the goldens when a quick one has answered all of them with
    the same file, and all of them when it does not pass on the sample. A golden without text is run from its ids on. The first
    ``timed_texts`` texts are also timed, one at a time. ``progress`` is called with a line for each step, ``count`` with the
    number of texts that the step has answered and their total. Raises EngineUnavailableError when the named engine cannot run,
    FormatError for goldens that do not fit the bundle.
    """
    labels = len(bundle.manifest.labels)
    for golden in goldens:
        if len(golden.probabilities) != labels:
            raise FormatError(
                f"{bundle.path}: goldens.jsonl: {golden.name!r} has {len(golden.probabilities)} probabilities for {labels} "
                "labels; goldens and manifest come from different exports"
            )
    verdicts: list[EngineVerdict] = []
    encoders = SharedEncoders()
    for candidate, model, reason in candidates(bundle, engine, progress):
        if reason is not None:
            verdicts.append(EngineVerdict(candidate.name, None, model, {}, reason))
            continue
        choice = _choice(goldens, candidate.name, model, verdicts, bundle.manifest.effective_decision)
        run = f"through {model.entry.file} on {candidate.name}"
        progress(f"running {choice.count:,} texts {run}")
        try:
            classifier = Classifier(bundle, candidate, model)
        except EngineUnavailableError as error:
            verdicts.append(EngineVerdict(candidate.name, candidate.version(), model, {}, str(error)))
            continue
        encoder = encoders.shared_by(classifier)
        answers = answer_goldens(classifier, goldens, choice, count)
        comparisons = compare_goldens(classifier, goldens, answers, choice)
        if not choice.is_whole and not all(comparison.passed for comparison in comparisons.values()):
            choice = every_golden(goldens)
            progress(f"running {choice.count:,} texts {run}, because it did not pass on a sample")
            answers = answer_goldens(classifier, goldens, choice, count)
            comparisons = compare_goldens(classifier, goldens, answers, choice)
        timed = [golden.whole_text for golden in islice((each for each in goldens if each.has_text), timed_texts)]
        if encoder is not None:
            classifier.encoder = encoder  # which is as warm as if it had encoded every text for this file
        if timed:
            progress(f"timing {len(timed):,} texts {run}")
        latency = measure_latency(classifier, timed) if timed else None
        verdicts.append(
            EngineVerdict(
                candidate.name, candidate.version(), model, comparisons, None, answers, latency, dict(choice.places)
            )
        )
    manifest = bundle.manifest
    without_text = _without_text(goldens)
    return Verification(
        bundle.path,
        tuple(verdicts),
        proof=proof_here(manifest.proof, without_text),
        reference=manifest.reference,
        without_text=without_text,
        signature=bundle.signature,
    )


def _choice(
    goldens: Sequence[Golden], engine: str, model: ModelEntry, verdicts: Sequence[EngineVerdict], decision: Decision
) -> Choice:
    """The goldens for a file on an engine, after the ``verdicts`` so far."""
    whole = every_golden(goldens)
    of_scheme = [
        verdict
        for verdict in verdicts
        if verdict.comparisons and verdict.model.scheme == model.scheme and verdict.engine not in SLOW_ENGINES
    ]
    quick = [verdict.engine for verdict in of_scheme if verdict.model == model]
    if engine not in SLOW_ENGINES or not quick:
        return whole
    nearest = [
        verdict.places[suite][n]
        for verdict in of_scheme
        for suite, answers in verdict.answers.items()
        for n in nearest_to_gate([goldens[place].probabilities for place in verdict.places[suite]], answers, decision)
    ]
    return sampled_goldens(goldens, nearest, engine, quick[0])


def answer_goldens(
    classifier: Classifier,
    goldens: Sequence[Golden],
    choice: Choice | None = None,
    count: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, list[tuple[float, ...]]]:
    """The probabilities of a classifier for the chosen goldens (None: for all), suite by suite.

    ``count`` is called with the number of texts that are answered and their total.
    """
    chosen = choice or every_golden(goldens)
    answers: dict[str, list[tuple[float, ...]]] = {}
    done = 0
    for suite, places in chosen.places.items():
        answers[suite] = []
        for answer in _answers(classifier, [goldens[place] for place in places]):
            answers[suite].append(answer)
            done += 1
            if done % BATCH_TEXTS == 0 or done == chosen.count:
                count(done, chosen.count)
    return answers


def _answers(classifier: Classifier, goldens: Sequence[Golden]) -> Iterator[tuple[float, ...]]:
    """The probabilities for each text, or for the ids where the text was left out."""
    texts = classifier.stream(golden.whole_text for golden in goldens if golden.has_text)
    hidden = [golden for golden in goldens if not golden.has_text]
    try:
        rows = iter(classifier.predict_ids([golden.ids for golden in hidden]) if hidden else ())
    except InputError as error:
        raise FormatError(
            f"{classifier.bundle.path}: goldens.jsonl: goldens without text, from {hidden[0].name!r} on: {error}; goldens and "
            "model come from different exports"
        ) from error
    for golden in goldens:
        yield next(texts if golden.has_text else rows).probabilities


def _without_text(goldens: Sequence[Golden]) -> int:
    return sum(not golden.has_text for golden in goldens)


def compare_goldens(
    classifier: Classifier,
    goldens: Sequence[Golden],
    answers: dict[str, list[tuple[float, ...]]],
    choice: Choice | None = None,
) -> dict[str, Comparison]:
    """Compares the answers of a classifier with the chosen goldens (None: with all), suite by suite, and the ids of those that
    have a text.

    Without any golden, every comparison fails. On edge texts no rejection is compared: some of these few may stand near its
    threshold, and their probabilities are compared anyway.
    """
    comparisons = {}
    whole = choice or every_golden(goldens)
    # A single .drupelet file knows no ids but its own, and whoever verifies it gives goldens with those.
    ids_of = classifier.keras_ids if classifier.bundle.single_file is None else classifier.encode
    decision = classifier.bundle.manifest.effective_decision
    for suite, places in whole.places.items():
        chosen = [goldens[place] for place in places]
        labels = [golden.label for golden in chosen if golden.label is not None]
        compared = compare(
            [golden.probabilities for golden in chosen],
            answers[suite],
            gate_of_suite(GATES[classifier.model.scheme], suite),
            labels if chosen and len(labels) == len(chosen) and suite != NEAREST else None,
            [n for n, golden in enumerate(chosen) if golden.has_text and ids_of(golden.whole_text) != list(golden.ids)],
            decision.without_rejection() if suite == EDGE else decision,
        )
        why = whole.why.get(suite)
        comparisons[suite] = compared if why is None else replace(compared, total=whole.totals[suite], why=why)
    return comparisons

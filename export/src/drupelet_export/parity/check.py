"""Compares a bundle, every file on every engine, with the Keras model it was exported from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from drupelet.bundle import Bundle
from drupelet.classifier import named_engine
from drupelet.engines import ENGINES
from drupelet.errors import InputError, IntegrityError
from drupelet.goldens import Golden, read_goldens, without_users_texts
from drupelet.manifest import ModelEntry
from drupelet.proof import IDS, TEXT, proof_here
from drupelet.quantization import INT8_MAX, WEIGHT_RANGES
from drupelet.verification import Verification, run_engines
from drupelet.vocabulary import Vocabulary
from drupelet_export.compiled import Compiled, compile_source
from drupelet_export.emitters.emission import EMITTERS
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.emitters.tensor_audit import tensor_findings
from drupelet_export.model.description import ModelDescription
from drupelet_export.parity.explain import EXPLAINED_TEXTS, explain_stages, explain_tensors
from drupelet_export.parity.known_texts import samples_of, text_rules_shown
from drupelet_export.parity.owner_reference import Owner, proof_of, with_owner, with_stored_answers
from drupelet_export.parity.reference_texts import load_held_out, reference_goldens
from drupelet_export.parity.text_checks import failed_checks, text_checks
from drupelet_export.reading.source import Source
from drupelet_export.report.document import StageError, TensorCost, TextCheck

TIMED_TEXTS = 200
"""Number of texts whose latency is measured, one at a time. They are enough for a median and take a fraction of a second."""

WEIGHT_RANGE_FIELD = "weight_range"
"""The field of the manifest's source that has the range of a recurrent layer's int8 weights where it is not the usual one."""


@dataclass(frozen=True)
class Parity:
    """A verification against the Keras model itself, its goldens, and the explanation if one was requested.

    Goldens have no texts of the user where the bundle has none, so that no report on it shows one.
    """

    verification: Verification
    goldens: list[Golden]
    explanation: list[TensorCost | StageError] | None
    text_checks: tuple[TextCheck, ...] = ()


def check_parity(
    bundle: Bundle,
    source: Source,
    engine: str | None = None,
    explain: bool = False,
    owner: Owner | None = None,
    accepted: tuple[str, ...] = (),
    progress: Callable[[str], None] = lambda _: None,
    count: Callable[[int, int], None] = lambda done, total: None,
    note: Callable[[str], None] = lambda _: None,
    weight_range: int | None = None,
) -> Parity:
    """Checks that every file holds every tensor of the model, then compares the answers of Keras and of every engine.

    Without ``source.data`` the texts are drawn from the vocabulary, and the report calls them ``sampled``. A file with
    damaged bytes or wrong tensors is a finding, and is not run. Raises InputError when the bundle was not exported from
    this model with these options.

    ``progress``, ``count`` and ``note`` are called as :func:`export_bundle` calls them. ``owner`` gives the answers that files
    are compared with. Without it, a bundle that was proved by its owner's answers is compared with those that its goldens
    keep, and with Keras on all other texts.

    A bundle that leaves texts out is compared on the texts of ``source.data``. An owner's answer that it keeps without a text,
    where these texts do not hold it either, is compared from its ids on.

    Texts and labels are checked as well; a failed check is a finding, unless its name is in ``accepted``. ``weight_range``: as
    the export had it; None: as the manifest says.
    """
    if engine is not None:
        named_engine(engine)  # a mistyped name fails here, before Keras is loaded
    vocabulary = bundle.vocabulary()
    stored = _stored_goldens(bundle)
    is_private = any(not golden.has_text for golden in stored)
    progress(f"reading {source.model_path}")
    held_out = (
        None
        if source.data is None
        else load_held_out(
            source.data, source.options.labels, source.all_held_out, source.recorded_sha256, source.reading
        )
    )
    samples = samples_of(held_out, owner)
    shown = () if is_private else samples
    compiled = compile_source(
        source, samples=shown, progress=progress, weight_range=_weight_range(bundle, weight_range)
    )
    note(text_rules_shown(compiled, shown))
    _check_same_source(bundle, source, compiled)
    compiled = compiled.with_decision(bundle.manifest.decision)
    sound, findings = _audited(bundle, compiled, progress)
    findings = [*_other_words(bundle, vocabulary, compiled), *findings]
    progress("asking Keras")
    foreign = [golden.whole_text for golden in stored if golden.suite == "foreign" and golden.has_text]
    goldens = reference_goldens(compiled, held_out, count, foreign)
    manifest = bundle.manifest
    proof, reference = manifest.proof, manifest.reference
    if owner is not None:
        proof, reference = proof_of(compiled, owner)
        progress(f"asking {owner.name}")
        goldens, otherwise = with_owner(compiled, goldens, owner, count, show_texts=not is_private)
        findings += otherwise
    elif proof == TEXT and stored and (compiled.proof()[0] == IDS or _is_owners(reference, compiled)):
        goldens = with_stored_answers(goldens, stored)
    checks = text_checks(compiled.read, samples, goldens, accepted)
    findings += failed_checks(checks)
    if bundle.single_file is not None:
        ranked = _in_ids_of(bundle, compiled)
        goldens = [replace(golden, ids=tuple(ranked.engine_ids(golden.whole_text))) for golden in goldens]
    verification = Verification(bundle.path, (), tuple(findings), proof, reference)
    asked_formats = [chosen.format for chosen in ENGINES.values() if engine in (None, chosen.name)]
    damaged = [model for model in bundle.manifest.models if model not in sound and model.format in asked_formats]
    # A named engine without a sound file has nothing to run; the findings say why.
    if any(model.format in asked_formats for model in sound) or not damaged:
        sound_bundle = replace(bundle, manifest=replace(bundle.manifest, models=tuple(sound)))
        ran = run_engines(sound_bundle, goldens, engine, progress, TIMED_TEXTS, count)
        verification = replace(
            verification,
            verdicts=ran.verdicts,
            proof=proof_here(proof, ran.without_text),
            without_text=ran.without_text,
        )
    explanation = _explained(bundle, compiled, goldens, progress, count) if explain else None
    return Parity(verification, without_users_texts(goldens) if is_private else goldens, explanation, checks)


def _weight_range(bundle: Bundle, given: int | None) -> int:
    """The range of recurrent int8 weights that the files of a bundle were made with. Raises InputError for an unknown one."""
    found: object = bundle.manifest.source.get(WEIGHT_RANGE_FIELD, INT8_MAX) if given is None else given
    if not isinstance(found, int) or found not in WEIGHT_RANGES:
        expected = " or ".join(map(str, WEIGHT_RANGES))
        raise InputError(
            f"{bundle.path}: source.{WEIGHT_RANGE_FIELD} is {found!r:.40}, expected {expected}; export it again"
        )
    return found


def _is_owners(reference: str, compiled: Compiled) -> bool:
    """Whether the owner gave the answers of a bundle, where Keras alone would not prove the layers that the user gave."""
    return bool(compiled.given) and reference != compiled.proof()[1]


def _stored_goldens(bundle: Bundle) -> list[Golden]:
    entry = bundle.manifest.goldens
    return [] if entry is None else read_goldens(bundle.read(entry), f"{bundle.path}: {entry.file}")


def failures(verification: Verification) -> list[str]:
    """The failures of a verification, a sentence each."""
    sentences = [
        f"{verdict.model.entry.file} on {verdict.engine}, {suite} texts: {failure}"
        for verdict in verification.verdicts
        for suite, comparison in verdict.comparisons.items()
        for failure in comparison.failures
    ]
    sentences = [*verification.findings, *sentences]
    return sentences or ["no engine that is installed here could run a file"]


def _check_same_source(bundle: Bundle, source: Source, compiled: Compiled) -> None:
    found = bundle.manifest.source.get("sha256")
    if found is not None and found != compiled.sha256:
        raise InputError(
            f"{bundle.path}: was exported from another model than {source.model_path} (sha256 differs); give the one it "
            "was exported from, or export again"
        )
    final, manifest = _in_ids_of(bundle, compiled), bundle.manifest
    for what, expected, got in (
        ("labels", manifest.labels, final.labels),
        ("text rules", manifest.text_rules, final.text_rules),
        ("network", manifest.network, final.graph),
    ):
        if expected != got:
            raise InputError(
                f"{bundle.path}: {what}: the bundle has {expected}, {source.model_path} with these options gives {got}; "
                "give the options that it was exported with"
            )


def _in_ids_of(bundle: Bundle, compiled: Compiled) -> ModelDescription:
    """The compiled model in Keras's ids, or in those of a single .drupelet file, which knows no others."""
    return compiled.final if bundle.single_file is None else in_rank_order(compiled.final)


def _other_words(bundle: Bundle, vocabulary: Vocabulary, compiled: Compiled) -> list[str]:
    """A sentence about the first word that has another id in the bundle than in the model; [] when there is none."""
    rows = {word: row for word, row in _in_ids_of(bundle, compiled).row_of.items() if word}
    found = dict(zip(vocabulary, vocabulary.ids(), strict=True))
    for word in sorted({*rows, *found}, key=str.encode):
        if rows.get(word) != found.get(word):
            got, expected = (f"id {ids[word]}" if word in ids else "no id" for ids in (found, rows))
            return [
                f"{bundle.manifest.vocabulary.file}: {word!r} has {got}, in the vocabulary of the model {expected}; "
                "give the vocabulary that it was exported with"
            ]
    return []


def _audited(bundle: Bundle, compiled: Compiled, progress: Callable[[str], None]) -> tuple[list[ModelEntry], list[str]]:
    """The model files with the right bytes and tensors, and a sentence about each fault of the others."""
    sound, findings = [], []
    for model in bundle.manifest.models:
        progress(f"checking {model.entry.file}")
        wrong = []
        try:
            # Read once: the bytes that are audited are those that were compared, and an engine runs no others.
            content = bundle.read_unchecked(model.entry)
        except IntegrityError as error:  # the file is missing
            wrong.append(str(error))
        else:
            try:
                bundle.check(model.entry, content)
            except IntegrityError as error:
                wrong.append(str(error))
            emitter = EMITTERS[model.format]
            wrong += tensor_findings(content, emitter.storage, emitter.arranged(compiled.scheme(model.scheme)))
        findings += [f"{model.entry.file}: {sentence}" for sentence in dict.fromkeys(wrong)]
        if not wrong:
            sound.append(model)
    return sound, findings


def _explained(
    bundle: Bundle,
    compiled: Compiled,
    goldens: list[Golden],
    progress: Callable[[str], None],
    count: Callable[[int, int], None],
) -> list[TensorCost | StageError]:
    """The cost of each tensor and the error after each stage, for each scheme of the bundle."""
    texts = [golden.whole_text for golden in goldens if golden.suite != "edge" and golden.has_text]
    chosen = texts[:: max(1, len(texts) // EXPLAINED_TEXTS)][:EXPLAINED_TEXTS]
    rows: list[TensorCost | StageError] = []
    for scheme in dict.fromkeys(model.scheme for model in bundle.manifest.models):
        progress(f"explaining {scheme}, tensor by tensor")
        small = compiled.scheme(scheme)
        rows += explain_tensors(scheme, compiled.final, small, chosen, count)
        progress(f"explaining {scheme}, stage by stage")
        rows += explain_stages(scheme, compiled.final, small, chosen)
    return rows

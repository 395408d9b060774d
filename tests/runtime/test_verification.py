import json
import math
import shutil
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

import drupelet
from drupelet import text_choice
from drupelet.bundle import open_bundle
from drupelet.comparison import AccuracyChange
from drupelet.engines import ENGINES
from drupelet.errors import DrupeletError, EngineUnavailableError, FormatError, InputError, IntegrityError
from drupelet.goldens import Golden, without_users_texts, write_goldens
from drupelet.verification import Verification, answer_goldens, compare_goldens, run_engines, verify
from runtime.format_writer import model_file
from runtime.networks import GOLDEN_BUNDLE, SAMPLES, model_of


@pytest.fixture
def with_goldens(bundle_copy, replace_file):
    """A function that opens a bundle with other goldens."""

    def opened(goldens):
        replace_file(bundle_copy, "goldens.jsonl", write_goldens(goldens))
        return open_bundle(bundle_copy)

    return opened


def test_every_engine_that_can_run_verifies_every_file_it_reads(full_bundle, any_engine):
    outcome = verify(full_bundle)
    assert outcome.passed
    ran = [(verdict.engine, verdict.model.format) for verdict in outcome.verdicts if verdict.reason is None]
    available = [e for e in ENGINES.values() if e.check() is None and full_bundle.model(e.format) is not None]
    assert ran == [(engine.name, engine.format) for engine in available]
    for verdict in outcome.verdicts:
        if verdict.reason is not None:
            continue
        assert verdict.passed
        assert verdict.version
        assert {suite: c.n for suite, c in verdict.comparisons.items()} == {"held_out": 4, "edge": 5}
        assert verdict.comparisons["held_out"].accuracy.correct == 4
        assert verdict.comparisons["edge"].accuracy is None


def test_the_golden_of_format_1_verifies_on_every_engine(engine_name):
    outcome = verify(open_bundle(GOLDEN_BUNDLE), engine_name)
    assert outcome.passed, json.dumps(outcome.to_json(), indent=1)
    assert [len(verdict.comparisons) for verdict in outcome.verdicts] == [2]


def test_one_engine_by_name(full_bundle, engine_name):
    outcome = verify(full_bundle, engine_name)
    assert {verdict.engine for verdict in outcome.verdicts} == {engine_name}
    assert outcome.passed


def test_the_json_says_everything(bundle_folder, monkeypatch, any_engine):
    monkeypatch.setattr(ENGINES["onnx"], "check", lambda: "not today", raising=False)
    document = verify(open_bundle(bundle_folder)).to_json()
    proved = ["proof", "reference", "without_text", "texts_found"]
    assert list(document) == ["schema_version", "bundle", "passed", *proved, "findings", "results"]
    assert (document["without_text"], document["texts_found"]) == (0, None)
    assert document["proof"] == "ids"
    assert document["findings"] == []
    assert document["schema_version"] == 1
    (onnx,) = [result for result in document["results"] if result["engine"] == "onnx"]
    (ran,) = [result for result in document["results"] if result["engine"] == any_engine]
    assert (onnx["passed"], onnx["not_run_because"], onnx["suites"]) == (None, "not today", {})
    assert onnx["size_bytes"] == (bundle_folder / "model.f32.onnx").stat().st_size
    assert ran["size_bytes"] == (bundle_folder / "model.f32.drupelet").stat().st_size
    assert onnx["latency_us"] is None
    assert ran["latency_us"] is None
    assert (ran["passed"], ran["not_run_because"], list(ran["suites"])) == (True, None, ["held_out", "edge"])
    json.dumps(document, allow_nan=False)


def test_progress_is_told(bundle_folder, any_engine):
    lines = []
    verify(open_bundle(bundle_folder), any_engine, lines.append)
    assert lines[0] == "reading vocabulary.bin"
    assert lines[-1] == f"running 9 texts through model.f32.drupelet on {any_engine}"


def test_a_wrong_probability_fails(with_goldens, any_engine, goldens):
    first, *others = goldens
    wrong = replace(first, probabilities=(first.probabilities[0] + 1e-4, first.probabilities[1] - 1e-4))
    outcome = verify(with_goldens([wrong, *others]), any_engine)
    assert not outcome.passed
    (verdict,) = outcome.verdicts
    assert verdict.comparisons["edge"].passed
    assert verdict.comparisons["held_out"].failures == ("a probability is off by 0.0001, allowed 1e-05",)


def test_other_ids_fail(with_goldens, any_engine, goldens):
    first, *others = goldens
    outcome = verify(with_goldens([replace(first, ids=(*first.ids, 3)), *others]), any_engine)
    assert not outcome.passed
    assert "1 texts got other ids" in outcome.verdicts[0].comparisons["held_out"].failures[0]


@pytest.mark.parametrize("probabilities", [(), (1.0,), (0.2, 0.3, 0.5), (math.nan, math.nan)])
def test_goldens_of_other_classes_fail_or_are_named(with_goldens, probabilities, any_engine, goldens):
    first, *others = goldens
    bundle = with_goldens([replace(first, probabilities=probabilities), *others])
    try:
        assert not verify(bundle, any_engine).passed
    except DrupeletError as error:
        assert "goldens.jsonl" in str(error)  # noqa: PT017


def test_no_goldens_in_the_file_fail(with_goldens, any_engine):
    outcome = verify(with_goldens([]), any_engine)
    assert not outcome.passed
    assert {suite: c.failures for suite, c in outcome.verdicts[0].comparisons.items()} == dict.fromkeys(
        ("answers", "held_out", "sampled", "foreign", "edge"), ("nothing was compared",)
    )


def test_held_out_texts_without_all_labels_have_no_accuracy(with_goldens, any_engine, goldens):
    first, *others = goldens
    outcome = verify(with_goldens([replace(first, label=None), *others]), any_engine)
    assert outcome.passed
    assert outcome.verdicts[0].comparisons["held_out"].accuracy is None


@pytest.mark.parametrize("make", ["no entry", "single file"])
def test_a_bundle_without_goldens_cannot_be_verified(bundle_copy, edit_manifest, make):
    edit_manifest(bundle_copy, lambda data: data.update(goldens=None))
    place = bundle_copy if make == "no entry" else bundle_copy / "model.f32.drupelet"
    with pytest.raises(
        InputError, match=rf"{place.name}: no goldens to verify with; use a bundle that drupelet export"
    ):
        verify(open_bundle(place))


@pytest.mark.parametrize("name", ["goldens.jsonl", "model.f32.onnx", "vocabulary.bin"])
def test_every_hash_is_checked_whatever_engine_is_asked_for(bundle_copy, name, any_engine):
    content = bytearray((bundle_copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle_copy / name).write_bytes(content)
    with pytest.raises(IntegrityError, match=rf"{name}: sha256"):
        verify(open_bundle(bundle_copy), any_engine)


def test_every_word_is_decoded(bundle_copy, replace_file, any_engine):
    import zlib

    content = (bundle_copy / "vocabulary.bin").read_bytes().replace(b"\x03bad", b"\x03zad")
    replace_file(
        bundle_copy, "vocabulary.bin", content[:32] + zlib.crc32(content[36:]).to_bytes(4, "little") + content[36:]
    )
    with pytest.raises(FormatError, match=r"vocabulary\.bin: .* expected ascending words"):
        verify(open_bundle(bundle_copy), any_engine)


def test_a_damaged_line_of_goldens_is_named(bundle_copy, replace_file, any_engine):
    replace_file(bundle_copy, "goldens.jsonl", (bundle_copy / "goldens.jsonl").read_bytes() + b"{}\n")
    with pytest.raises(FormatError, match=r"tiny: goldens\.jsonl: line 10: field"):
        verify(open_bundle(bundle_copy), any_engine)


def test_a_named_engine_that_cannot_run_is_an_error(bundle_folder):
    with pytest.raises(
        EngineUnavailableError, match=r"tiny: engine 'litert' cannot run: the bundle has no tflite file, only model"
    ):
        verify(open_bundle(bundle_folder), "litert")


def test_a_mistyped_engine_is_named_before_anything_is_read(bundle_copy):
    (bundle_copy / "vocabulary.bin").unlink()
    with pytest.raises(InputError, match=r"engine 'nump' is not known; did you mean 'numpy'"):
        verify(open_bundle(bundle_copy), "nump")


def test_auto_is_not_called_unknown_and_then_suggested(bundle_folder, any_engine):
    try:
        assert verify(open_bundle(bundle_folder), "auto").passed
    except InputError as error:
        assert "did you mean 'auto'" not in str(error)  # noqa: PT017


def test_nothing_ran_is_no_pass(bundle_copy, edit_manifest, monkeypatch):
    for name in ("native", "numpy"):
        monkeypatch.setattr(ENGINES[name], "check", lambda: "not today", raising=False)
    edit_manifest(bundle_copy, lambda data: data["models"].pop(1))
    outcome = verify(open_bundle(bundle_copy))
    assert not outcome.passed
    assert [verdict.reason for verdict in outcome.verdicts] == ["not today"] * 2
    assert not outcome.verdicts[0].passed
    assert not Verification("empty", ()).passed


def test_run_engines_may_be_given_other_goldens(bundle_folder, any_engine, goldens):
    sampled = [replace(golden, suite="sampled") for golden in goldens]
    outcome = run_engines(open_bundle(bundle_folder), sampled, any_engine)
    assert outcome.passed
    assert all(list(verdict.comparisons) == ["sampled"] for verdict in outcome.verdicts)


def test_repeated_texts_are_repeated(bundle_folder, any_engine, goldens):
    classifier = drupelet.load(bundle_folder, any_engine)
    golden = next(golden for golden in goldens if golden.text == "good")
    long = replace(golden, text="boring<br />", times=3, ids=(13, 13, 13))
    comparison = compare_goldens(classifier, [long], answer_goldens(classifier, [long]))["held_out"]
    assert comparison.id_mismatches == ()


def test_answers_are_kept_suite_by_suite(bundle_folder, any_engine, goldens):
    (verdict,) = run_engines(open_bundle(bundle_folder), goldens, any_engine).verdicts
    classifier = drupelet.load(bundle_folder, any_engine)
    assert verdict.answers == {
        suite: [classifier(golden.whole_text).probabilities for golden in goldens if golden.suite == suite]
        for suite in ("held_out", "edge")
    }
    assert compare_goldens(classifier, goldens, verdict.answers) == verdict.comparisons


def test_kept_answers_can_be_judged_again(bundle_folder, any_engine, goldens):
    classifier = drupelet.load(bundle_folder, any_engine)
    answers = answer_goldens(classifier, goldens)
    first, *others = answers["held_out"]
    answers["held_out"] = [tuple(reversed(first)), *others]
    comparisons = compare_goldens(classifier, goldens, answers)
    assert comparisons["held_out"].flips == (0,)
    assert comparisons["held_out"].accuracy_change == AccuracyChange(4, 0, 1)
    assert comparisons["edge"].passed


@pytest.mark.parametrize(("timed_texts", "n"), [(1, 1), (3, 3), (9, 9), (200, 9)])
def test_some_texts_are_timed(bundle_folder, timed_texts, n, any_engine, goldens):
    outcome = run_engines(open_bundle(bundle_folder), goldens, any_engine, timed_texts=timed_texts)
    assert outcome.verdicts[0].latency.n == n
    assert outcome.to_json()["results"][0]["latency_us"]["n"] == n


def test_repeated_texts_are_made_when_they_are_answered(bundle_folder, any_engine):
    characters = 1 << 22
    long = Golden("edge", "long", "x", characters, (), (0.5, 0.5), None)
    tracemalloc.start()
    run_engines(open_bundle(bundle_folder), [long] * 30, any_engine, timed_texts=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * characters


def test_nothing_is_timed_unless_asked_for(bundle_folder, any_engine, goldens):
    assert run_engines(open_bundle(bundle_folder), goldens, any_engine).verdicts[0].latency is None


def test_a_finding_makes_a_verification_fail(bundle_folder, any_engine):
    outcome = verify(open_bundle(bundle_folder), any_engine)
    assert outcome.passed
    odd = replace(outcome, findings=("model.f32.onnx: embedding is not in the file",))
    assert all(verdict.passed for verdict in odd.verdicts)
    assert not odd.passed
    assert (odd.to_json()["passed"], odd.to_json()["findings"]) == (False, list(odd.findings))


def test_goldens_without_texts_are_run_from_their_ids_on(
    full_bundle_folder, tmp_path, replace_file, goldens, engine_name
):
    folder = tmp_path / "private"
    shutil.copytree(full_bundle_folder, folder)
    replace_file(folder, "goldens.jsonl", write_goldens(without_users_texts(goldens)))
    outcome = verify(open_bundle(folder), engine_name)
    assert outcome.passed, json.dumps(outcome.to_json(), indent=1)
    assert (outcome.proof, outcome.without_text, outcome.texts_found) == ("ids", 4, None)
    (verdict,) = outcome.verdicts
    assert {suite: c.n for suite, c in verdict.comparisons.items()} == {"held_out": 4, "edge": 5}
    for found, expected in zip(verdict.answers["held_out"], goldens):
        assert found == pytest.approx(expected.probabilities, abs=1e-5)


def test_a_wrong_answer_to_ids_fails(with_goldens, any_engine, goldens):
    first, *others = goldens
    wrong = replace(first.without_text(), probabilities=(first.probabilities[0] + 1e-4, first.probabilities[1] - 1e-4))
    outcome = verify(with_goldens([wrong, *others]), any_engine)
    assert outcome.verdicts[0].comparisons["held_out"].failures == ("a probability is off by 0.0001, allowed 1e-05",)
    assert outcome.without_text == 1


def test_goldens_with_and_without_texts_keep_their_places(with_goldens, any_engine, goldens):
    mixed = [golden.without_text() if place % 2 else golden for place, golden in enumerate(goldens)]
    outcome = verify(with_goldens(mixed), any_engine)
    assert outcome.passed
    assert outcome.without_text == 4
    with_texts = verify(with_goldens(goldens), any_engine)
    for suite, rows in with_texts.verdicts[0].answers.items():
        assert outcome.verdicts[0].answers[suite] == [pytest.approx(row, abs=1e-6) for row in rows]


def test_a_proof_from_the_text_on_is_whole_again_with_the_texts(with_goldens, edit_manifest, any_engine, goldens):
    bundle = with_goldens(without_users_texts(goldens))
    edit_manifest(Path(bundle.path), lambda data: data.update(proof="text", reference="its training run"))
    bundle = open_bundle(bundle.path)
    texts = [golden.whole_text for golden in goldens if golden.suite == "held_out"]
    assert verify(bundle, any_engine).proof == "ids"
    some = verify(bundle, any_engine, texts=[*texts[:3], "another"])
    assert (some.passed, some.proof, some.without_text, some.texts_found) == (True, "ids", 1, 3)
    assert "1 text is not in the bundle" in some.claim
    whole = verify(bundle, any_engine, texts=iter(texts))
    assert (whole.passed, whole.proof, whole.without_text, whole.texts_found) == (True, "text", 0, 4)
    assert whole.claim == "answers like Keras from the text on, compared with its training run"
    assert whole.advice is None
    assert whole.to_json()["texts_found"] == 4


def test_texts_that_are_given_back_are_verified_as_texts(with_goldens, any_engine, goldens):
    """Their ids are compared: those of the first golden are not what its text becomes."""
    first, *others = goldens
    odd = with_goldens([replace(first, ids=(*first.ids, 3)).without_text(), *others])
    outcome = verify(odd, any_engine, texts=[first.whole_text])
    assert "1 texts got other ids" in outcome.verdicts[0].comparisons["held_out"].failures[0]


def test_texts_of_another_bundle_are_an_error(with_goldens, any_engine, goldens):
    bundle = with_goldens(without_users_texts(goldens))
    with pytest.raises(
        InputError, match=r"none of the texts that were given is one of the 4 that the bundle leaves out"
    ):
        verify(bundle, any_engine, texts=["good ", ""])
    with pytest.raises(InputError, match=r"has the texts of all its goldens; leave the texts out"):
        verify(with_goldens(goldens), any_engine, texts=["good"])


@pytest.mark.parametrize("ids", [(99,), (4,), (7,) * 9])
def test_ids_that_cannot_be_are_a_fault_of_the_file(with_goldens, drupelet_engine, goldens, ids):
    first, *others = goldens
    bundle = with_goldens([replace(first.without_text(), ids=ids), *others])
    with pytest.raises(
        FormatError, match=r"goldens.jsonl: goldens without text, from .* on: row 0: .*; goldens and model"
    ):
        verify(bundle, drupelet_engine)


def test_only_texts_are_timed(bundle_folder, any_engine, goldens):
    hidden = without_users_texts(goldens)
    outcome = run_engines(open_bundle(bundle_folder), hidden, any_engine, timed_texts=200)
    assert outcome.verdicts[0].latency.n == 5
    outcome = run_engines(open_bundle(bundle_folder), hidden[:4], any_engine, timed_texts=200)
    assert outcome.verdicts[0].latency is None


def test_single_labels_of_a_multi_label_network_are_counted(tmp_path, any_engine):
    (tmp_path / "several.drupelet").write_bytes(model_file(model_of(SAMPLES["several labels"])))
    bundle = open_bundle(tmp_path / "several.drupelet")
    classifier = drupelet.load(bundle, any_engine)
    texts = ("w000 w003", "w007")
    goldens = [
        Golden("held_out", text, text, 1, tuple(classifier.encode(text)), classifier(text).probabilities, None)
        for text in texts
    ]
    turned = replace(goldens[1], probabilities=tuple(1 - value for value in goldens[1].probabilities))
    [verdict] = run_engines(bundle, [goldens[0], turned], any_engine).verdicts
    comparison = verdict.comparisons["held_out"]
    assert (comparison.n, comparison.decisions, comparison.flips, comparison.flipped_labels) == (2, 6, (1,), 3)


@pytest.fixture
def small_sample(monkeypatch, usable_engines):
    """A sample is two texts; skips where not both engines of a .drupelet file run."""
    if not {"native", "numpy"} <= set(usable_engines):
        pytest.skip("native and numpy do not both run here")
    monkeypatch.setattr(text_choice, "SAMPLE_TEXTS", 2)
    monkeypatch.setattr(text_choice, "NEAREST_OF_EACH", 1)


def verdict_of(outcome, engine):
    (verdict,) = [verdict for verdict in outcome.verdicts if verdict.engine == engine]
    return verdict


def sizes(verdict):
    return {suite: (comparison.n, comparison.total) for suite, comparison in verdict.comparisons.items()}


def test_a_slow_engine_answers_a_sample_of_what_a_quick_one_answered_with_the_same_file(
    bundle_folder, goldens, small_sample
):
    lines, counts = [], []
    outcome = run_engines(
        open_bundle(bundle_folder), goldens, progress=lines.append, count=lambda *done: counts.append(done)
    )
    assert outcome.passed
    assert sizes(verdict_of(outcome, "native")) == {"held_out": (4, None), "edge": (5, None)}
    slow = verdict_of(outcome, "numpy")
    assert sizes(slow)["held_out"] == (2, 4)
    assert sizes(slow)["edge"] == (5, None)
    assert "native answered all" in slow.comparisons["held_out"].why
    assert lines[-1] == f"running {sum(n for n, _ in sizes(slow).values())} texts through model.f32.drupelet on numpy"
    assert counts[-1] == (sum(map(len, slow.answers.values())),) * 2
    for suite, places in slow.places.items():
        whole = verdict_of(outcome, "native")
        for place, answer in zip(places, slow.answers[suite]):
            of_whole = whole.answers[goldens[place].suite][
                [n for n, golden in enumerate(goldens) if golden.suite == goldens[place].suite].index(place)
            ]
            assert answer == pytest.approx(of_whole, abs=1e-5), "the same text"
    (shown,) = [result for result in outcome.to_json()["results"] if result["engine"] == "numpy"]
    found = shown["suites"]["held_out"]
    assert (found["n"], found["total"], found["why"]) == (2, 4, slow.comparisons["held_out"].why)


def test_a_slow_engine_alone_answers_every_text(bundle_folder, goldens, small_sample):
    outcome = run_engines(open_bundle(bundle_folder), goldens, "numpy")
    assert sizes(verdict_of(outcome, "numpy")) == {"held_out": (4, None), "edge": (5, None)}


def test_a_sample_does_not_fail_an_engine_but_every_text_does(bundle_folder, goldens, small_sample):
    wrong = [
        replace(golden, probabilities=tuple(reversed(golden.probabilities))) if n == 1 else golden
        for n, golden in enumerate(goldens)
    ]
    lines = []
    outcome = run_engines(open_bundle(bundle_folder), wrong, progress=lines.append)
    slow = verdict_of(outcome, "numpy")
    assert sizes(slow) == {"held_out": (4, None), "edge": (5, None)}
    assert not slow.passed
    assert slow.comparisons["held_out"].flips == (1,)
    assert lines[-1].endswith("on numpy, because it did not pass on a sample")

"""Programs of files with thresholds: they print what ``drupelet predict`` prints, and verify the same decisions."""

import hashlib
import json
import shutil

import pytest

import drupelet
from drupelet.cli.main import main
from drupelet.decision import Decision, float32
from drupelet.goldens import read_goldens, write_goldens
from export.executable.programs import BUNDLE, SANITIZERS, run_program
from runtime.decided_files import decided_file, decision_section, with_decision
from runtime.networks import SAMPLES, model_of

TEXTS = ["w000 w003", "w007", "w001 w002 w009", "", "w004", "qqq", "w011 " * 9, "w012 w013"]


@pytest.fixture(scope="module")
def several(build, tmp_path_factory):
    """A file of three labels that are decided alone, with thresholds and rejection; and its program."""
    path = tmp_path_factory.mktemp("several") / "several.drupelet"
    decision = Decision(tuple(map(float32, (0.58, 0.54, 0.55))), float32(0.55))
    path.write_bytes(decided_file(model_of(SAMPLES["several labels"]), decision))
    return path, build(path, flags=SANITIZERS)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_program_prints_what_predict_prints(several, capsys, form):
    path, program = several
    assert main(["predict", str(path), *TEXTS, *form]) == 0
    expected = capsys.readouterr().out
    assert run_program(program, *form, *TEXTS) == (0, expected, "")
    assert ('"rejected": true' if form else "(rejected)\t") in expected
    answers = drupelet.load(path).predict(TEXTS)
    assert {answer.rejected for answer in answers} == {True, False}
    assert len({len(answer.labels) for answer in answers}) > 2  # none, one and several


@pytest.fixture
def rejecting(tmp_path):
    """A function that makes a copy of the committed bundle that rejects below a threshold, with changed goldens."""

    def make(least, change=lambda golden: golden):
        folder = tmp_path / "tiny"
        shutil.copytree(BUNDLE, folder)
        decision = Decision((), float32(least))
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["decision"] = decision.to_json()
        manifest["models"] = manifest["models"][:1]
        goldens = read_goldens((folder / "goldens.jsonl").read_bytes(), "goldens.jsonl")
        model = (folder / "model.f32.drupelet").read_bytes()
        for entry, content in (
            (manifest["models"][0], with_decision(model, decision_section(decision))),
            (manifest["goldens"], write_goldens(map(change, goldens))),
        ):
            (folder / entry["file"]).write_bytes(content)
            entry.update(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return make


def least_between(bundle):
    """A threshold between the probabilities of the held-out goldens."""
    goldens = read_goldens((bundle / "goldens.jsonl").read_bytes(), "goldens.jsonl")
    scores = sorted(max(golden.probabilities) for golden in goldens if golden.suite == "held_out")
    return (scores[1] + scores[2]) / 2


def test_a_program_verifies_its_decisions(build, rejecting):
    folder = rejecting(least_between(BUNDLE))
    program = build(folder)
    status, out, _ = run_program(program, "--verify", "--json")
    document = json.loads(out)
    assert (status, document["suites"]["held_out"]["flips"], document["failures"]) == (0, 0, [])
    assert drupelet.verify(drupelet.open_bundle(folder)).passed


@pytest.mark.long
def test_a_changed_decision_is_a_flip_but_for_edge_texts(build, rejecting):
    """Thresholds are put between the answers of Keras and of the file, which differ by 1e-7; ours are the smaller ones."""
    from dataclasses import replace

    def just_above(golden):
        """Keras's answer with a larger probability of its label, within the gate."""
        values = golden.probabilities
        best = max(range(2), key=values.__getitem__)
        return replace(golden, probabilities=tuple(v + 9e-6 if n == best else v - 9e-6 for n, v in enumerate(values)))

    goldens = read_goldens((BUNDLE / "goldens.jsonl").read_bytes(), "goldens.jsonl")
    for suite, flips in (("held_out", 1), ("edge", 0)):
        one = next(golden for golden in goldens if golden.suite == suite and golden.ids)
        folder = rejecting(max(one.probabilities) + 5e-6, just_above)
        status, out, _ = run_program(build(folder), "--verify", "--json")
        assert json.loads(out)["suites"][suite]["flips"] == flips
        verified = drupelet.verify(drupelet.open_bundle(folder), "native")
        [verdict] = verified.verdicts
        assert len(verdict.comparisons[suite].flips) == flips
        assert (status == 0) is verified.passed is (flips == 0)
        shutil.rmtree(folder)

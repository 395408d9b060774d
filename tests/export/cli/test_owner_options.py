"""``--answers`` and ``--reference`` as users type them: the verdict begins at the text, or the first difference is shown."""

import json
import random
import re

import numpy as np
import pytest

import drupelet
from drupelet.goldens import read_goldens
from drupelet.proof import HOW_TO_CHECK, IDS_SENTENCE

MAX_TOKENS = 6


@pytest.fixture(scope="module")
def texts(words):
    """Texts of one to nine words, some of them not in the vocabulary."""
    rng = random.Random(5)  # noqa: S311 - texts, no secrets
    return [" ".join(rng.choice([*words[2:], "unseen"]) for _ in range(1 + n % 9)) for n in range(60)]


@pytest.fixture(scope="module")
def pipeline(saved_model, words):
    """The owner's way from texts to answers, built without this tool: (texts, which part is kept) -> ids, probabilities."""
    import keras

    model = keras.models.load_model(saved_model)

    def answer(texts, keep="head"):
        ids = [[words.index(word) if word in words else 1 for word in text.split()] for text in texts]
        ids = [row[:MAX_TOKENS] if keep == "head" else row[-MAX_TOKENS:] for row in ids]
        padded = np.array([[0] * (MAX_TOKENS - len(row)) + row for row in ids], np.int32)
        return padded.tolist(), model.predict(padded, verbose=0)[:, 0].tolist()

    return answer


@pytest.fixture
def write(tmp_path, texts, pipeline):
    """A function that writes a file of the owner's answers, as the owner's pipeline keeps this part of a long text."""

    def make(kind, keep="head", change=lambda p: p):
        ids, answers = pipeline(texts, keep)
        path = tmp_path / "answers.jsonl"
        rows = [
            {"text": text} | ({"ids": row} if kind == "ids" else {"probability": change(p)})
            for text, row, p in zip(texts, ids, answers, strict=True)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return make


REFERENCE = """
import keras, numpy as np
WORDS = {words!r}
model = keras.models.load_model({path!r})
def predict(texts):
    ids = [[WORDS.index(w) if w in WORDS else 1 for w in clean(text).split()] for text in texts]
    ids = [row[-6:] if {tail} else row[:6] for row in ids]
    return model.predict(np.array([[0] * (6 - len(row)) + row for row in ids]), verbose=0)
def clean(text):
    return "".join(c for c in text.lower().replace("<br />", " ") if c in "abcdefghijklmnopqrstuvwxyz0123456789" or c.isspace())
"""


@pytest.fixture
def reference(tmp_path, saved_model, words):
    """A function that writes the owner's pipeline as a file and names its function."""

    def make(tail=False, source=REFERENCE):
        path = tmp_path / "pipeline.py"
        path.write_text(source.format(words=words, path=str(saved_model), tail=tail))
        return f"{path}:predict"

    return make


@pytest.fixture
def export(run, saved_model, options, tmp_path):
    """A function that exports the saved model with more options."""
    return lambda *more: run(
        "export", saved_model, *options, "--formats", "drupelet", "--out", tmp_path / "bundle", *more
    )


@pytest.mark.parametrize("kind", ["ids", "probabilities"])
def test_a_file_that_agrees_proves_the_text(run, export, write, texts, tmp_path, saved_model, options, kind):
    status, out, _ = export("--answers", write(kind))
    claim = "answers like Keras from the text on, compared with the answers in answers.jsonl (60 texts)"
    distinct = len(set(texts))
    claim = claim.replace("60", str(distinct))
    assert (status, out.splitlines()[-1]) == (0, f"wrote {tmp_path / 'bundle'}: {claim}")
    assert HOW_TO_CHECK not in out
    bundle = drupelet.open_bundle(tmp_path / "bundle")
    assert (bundle.manifest.proof, bundle.manifest.reference) == (
        "text",
        f"the answers in answers.jsonl ({distinct} texts)",
    )
    goldens = read_goldens((tmp_path / "bundle" / "goldens.jsonl").read_bytes(), "goldens")
    assert [golden.text for golden in goldens if golden.suite == "answers"] == list(dict.fromkeys(texts))
    assert {golden.suite for golden in goldens} == {"answers", "edge"}
    status, out, _ = run("verify", tmp_path / "bundle", "--engine", "numpy")
    assert (status, out.splitlines()[-1]) == (0, f"{tmp_path / 'bundle'}: verified: this device {claim}")
    assert "answers like Keras from the text on" in (tmp_path / "bundle" / "report.html").read_text()
    # parity without the file compares with the answers that the bundle keeps
    status, out, _ = run("parity", tmp_path / "bundle", "--model", saved_model, *options, "--engine", "numpy")
    assert (status, out.splitlines()[-1]) == (0, f"{tmp_path / 'bundle'}: {claim}")
    assert f"texts: {distinct} answers" in out
    assert drupelet.load(tmp_path / "bundle", "numpy").proof == "text"


def test_ids_of_another_rule_are_shown_with_the_option_that_explains_them(export, write, tmp_path, texts):
    status, out, err = export("--answers", write("ids", keep="tail"))
    assert (status, out) == (1, "")
    distinct = list(dict.fromkeys(texts))
    longer = [n for n, text in enumerate(distinct) if len(text.split()) > MAX_TOKENS]
    assert f"of {len(distinct)} texts are answered otherwise than by their owner; the first is line" in err
    assert "they part at token 1: the owner's 6 ids: " in err
    assert f"the owner's answers fit --keep tail ({len(distinct)} of {len(distinct)} texts)" in err
    assert "\n  next: give the options and the vocabulary file of the owner's own pipeline" in err
    assert longer
    assert not (tmp_path / "bundle").exists()
    status, out, _ = export("--answers", write("ids", keep="tail"), "--keep", "tail")
    assert (status, "answers like Keras from the text on" in out) == (0, True)


def test_probabilities_of_another_rule(export, write, texts):
    status, _, err = export("--answers", write("probabilities", keep="tail"), "--json")
    distinct = len(set(texts))
    assert status == 1
    assert "\n  our ids, with their words: " in err
    assert "the owner answers bad 0." in err
    assert f"the owner's answers fit --keep tail ({distinct} of {distinct} texts)" in err


def test_labels_in_another_order_are_found(export, write, texts):
    status, _, err = export("--answers", write("probabilities", change=lambda p: 1 - p))
    distinct = len(set(texts))
    assert (status, f"the owner's answers fit --labels good,bad ({distinct} of {distinct} texts)" in err) == (1, True)


def test_rounded_answers_get_the_right_advice(export, write):
    status, _, err = export("--answers", write("probabilities", change=lambda p: round(p, 3)))
    assert (status, "the owner's answers are rounded to 3 decimals; give at least 7" in err) == (1, True)


def test_a_bundle_that_was_kept_claims_nothing(run, export, write, tmp_path):
    status, out, _ = export("--answers", write("probabilities", keep="tail"), "--keep-failed")
    assert (status, out.splitlines()[-1]) == (1, f"wrote {tmp_path / 'bundle'}: DOES NOT answer like Keras")
    assert "FAILED: the answers in answers.jsonl" in out
    status, out, _ = run("verify", tmp_path / "bundle", "--engine", "numpy")
    assert (status, out.splitlines()[-1]) == (1, f"{tmp_path / 'bundle'}: NOT VERIFIED")


def test_a_function_that_agrees_proves_the_text(run, export, reference, tmp_path):
    status, out, err = export("--reference", reference())
    claim = "answers like Keras from the text on, compared with pipeline.py:predict"
    assert (status, out.splitlines()[-1]) == (0, f"wrote {tmp_path / 'bundle'}: {claim}"), err
    assert run("verify", tmp_path / "bundle", "--engine", "numpy")[1].splitlines()[-1].endswith(claim)


def test_a_function_of_another_rule(export, reference, tmp_path):
    status, _, err = export("--reference", reference(tail=True))
    assert (status, "pipeline.py:predict: " in err, "fit --keep tail (" in err) == (1, True, True)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def predict(texts):\n    raise ValueError('mine')\n", "your own function raised; this is its traceback\nTraceback"),
        ("def predict(texts):\n    return [float('nan')] * len(texts)\n", "sampled text 'sampled 0': returned NaN, expected"),
        ("def predict(texts):\n    return [0.5]\n", "returned shape (1,) for"),
        ("def predict(texts):\n    return [[0.5, 0.9]] * len(texts)\n", "probabilities sum to 1.4, expected 1"),
        ("def predict(texts):\n    return [2.0] * len(texts)\n", "expected probabilities from 0 to 1, not logits"),
    ],
)  # fmt: skip
def test_a_function_that_fails_is_bad_input_and_nothing_is_written(export, reference, tmp_path, source, message):
    status, out, err = export("--reference", reference(source=source))
    assert (status, out) == (2, "")
    assert message in err
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,bad,good\nfilm,0.5,0.9\n", "answers.csv: line 2: probabilities sum to 1.4, expected 1"),
        ("text,ids\nfilm,1 99\n", "answers.csv: line 2: id 99, the embedding has 8 rows, from 0 to 7"),
        (
            "text,no,yes\nfilm,0.5,0.5\n",
            "line 1: column 'no' is neither an answer nor a label of the model (bad, good)",
        ),
    ],
)
def test_answers_that_the_model_cannot_give(export, tmp_path, content, message):
    path = tmp_path / "answers.csv"
    path.write_text(content)
    status, out, err = export("--answers", path)
    assert (status, out) == (2, "")
    assert message in err
    assert not (tmp_path / "bundle").exists()


def test_one_of_the_two_is_enough(export):
    status, _, err = export("--answers", "a", "--reference", "b.py:c")
    assert (status, "not allowed with argument" in err) == (2, True)


def test_without_either_the_verdict_says_so(export):
    status, out, _ = export()
    assert status == 0
    assert out.splitlines()[-2] == HOW_TO_CHECK
    assert out.splitlines()[-1].endswith(IDS_SENTENCE)


def test_a_private_bundle_proves_the_text_with_the_texts(run, export, write, texts, tmp_path, saved_model, options):
    answers = write("probabilities")
    status, out, _ = export("--answers", answers, "--private")
    distinct = list(dict.fromkeys(texts))
    claim = f"answers like Keras from the text on, compared with the answers in answers.jsonl ({len(distinct)} texts)"
    bundle = tmp_path / "bundle"
    assert (status, out.splitlines()[-1]) == (0, f"wrote {bundle}: {claim}")
    said = (
        f"private: goldens.jsonl has the SHA-256, the ids and the answer of {len(distinct)} of your texts, and no text"
    )
    assert out.splitlines()[-2].startswith(said)
    for path in bundle.iterdir():
        assert b"unseen" not in path.read_bytes(), path.name
    here = f"text to ids was not checked here: {len(distinct)} texts are not in the bundle"
    status, out, _ = run("verify", bundle, "--engine", "numpy")
    assert (status, out.splitlines()[-1].endswith(here)) == (0, True)
    (tmp_path / "texts.txt").write_text("\n".join(distinct))
    status, out, _ = run("verify", bundle, "--engine", "numpy", "--texts", tmp_path / "texts.txt")
    assert (status, out.splitlines()[-1]) == (0, f"{bundle}: verified: this device {claim}")
    # parity without the file has the ids and the answers, and claims no more; with it, all of it
    status, out, _ = run("parity", bundle, "--model", saved_model, *options, "--engine", "numpy")
    left = re.search(
        r"from the ids on; text to ids was not checked here: (\d+) texts are not in the bundle$", out.strip()
    )
    assert status == 0
    assert 40 < int(left[1]) < len(distinct)  # a few are drawn from the vocabulary too
    assert f"texts: {len(distinct)} answers" in out
    status, out, _ = run("parity", bundle, "--model", saved_model, *options, "--engine", "numpy", "--answers", answers)
    assert (status, out.splitlines()[-1]) == (0, f"{bundle}: {claim}")


def test_the_findings_of_a_private_bundle_hold_no_text(export, write, tmp_path):
    status, out, _ = export("--answers", write("ids", keep="tail"), "--keep-failed", "--private")
    assert status == 1
    assert "FAILED: they part at token 1: the owner's 6 ids: " in out
    for path in (tmp_path / "bundle").iterdir():
        assert b"unseen" not in path.read_bytes(), path.name


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_export_says_that_it_stores_texts(export, write, texts, more):
    status, out, err = export("--answers", write("probabilities"), *more)
    said = f"the bundle stores {len(set(texts))} of your texts in goldens.jsonl; --private leaves them out"
    assert (status, said in (err if more else out).splitlines()) == (0, True)
    status, out, err = export(*more)
    assert "of your texts" not in out + err

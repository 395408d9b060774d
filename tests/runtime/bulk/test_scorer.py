"""A callable over columns: its answers are the classifier's, whatever stands in the column."""

import pickle
import re
import shutil

import pytest

import drupelet
from drupelet.bulk.scorer import Scorer, as_text
from drupelet.decision import Decision, float32
from drupelet.errors import BundleReplacedError, DrupeletError, InputError
from runtime.bulk.scoring import errors_of, scored
from runtime.decided_files import decided_file
from runtime.format_writer import model_file
from runtime.networks import SAMPLES, model_of


def unpickled(content):
    return pickle.loads(content)  # noqa: S301 - our own bytes


TEXTS = ["a good film", "awful", "", "unknown words", "good " * 50]


def test_the_answers_stand_behind_the_columns(bundle_folder):
    scorer = Scorer(bundle_folder, "review")
    found = scorer({"id": range(5), "review": TEXTS})
    answers = drupelet.load(bundle_folder).predict(TEXTS)
    assert list(found) == ["id", "review", "label", "probability"]
    assert (found["id"], found["review"]) == (range(5), TEXTS)
    assert found["label"] == [answer.label for answer in answers]
    assert found["probability"] == [answer.probability for answer in answers]
    assert scorer({"review": []}) == {"review": [], "label": [], "probability": []}


def test_a_missing_text_has_no_answer(scorer):
    found = scorer({"text": [None, "good", float("nan"), ""]})
    assert [label is None for label in found["label"]] == [True, False, True, False]
    assert [value is None for value in found["probability"]] == [True, False, True, False]


@pytest.mark.parametrize(
    ("value", "shown"), [(7, "int 7"), (0.5, "float 0.5"), (b"good", "bytes b'good'"), (["good"], "list ['good']")]
)
def test_what_is_no_text_is_told(scorer, value, shown):
    with pytest.raises(
        InputError, match=rf"^row 2 of the batch: column 'text' holds {re.escape(shown)}, expected texts; "
    ):
        scorer({"text": [None, "good", value]})
    answers = scorer.answers([None, "good", value])
    assert [answer is None for answer in answers] == [True, False, True]


def pandas_column(kind):
    """A column of pandas as a filter leaves it: its first row is not row 0 of its index, and the index is in no order."""

    def column(texts):
        pandas = pytest.importorskip("pandas", reason="pandas is not installed")
        order = [len(texts), 0, *range(len(texts) - 1, 0, -1)]
        return pandas.Series(["left out", *texts], index=order, dtype=kind)[1:]

    return column


def arrow_column(build):
    """A column of Arrow that a function makes from the library and the texts."""

    def column(texts):
        return build(pytest.importorskip("pyarrow", reason="pyarrow is not installed"), texts)

    return column


def numpy_column(texts):
    return pytest.importorskip("numpy", reason="numpy is not installed").array(texts, dtype=object)


def polars_column(texts):
    return pytest.importorskip("polars", reason="Polars is not installed; make test-recipes has it").Series(texts)


COLUMNS = {
    "pandas": pandas_column(None),
    "pandas, objects": pandas_column(object),
    "pandas, strings": pandas_column("string"),
    "pandas, categories": pandas_column("category"),
    "Arrow": arrow_column(lambda pyarrow, texts: pyarrow.array(texts)),
    "Arrow, chunks": arrow_column(lambda pyarrow, texts: pyarrow.chunked_array([texts[:2], texts[2:]])),
    "Arrow, large": arrow_column(lambda pyarrow, texts: pyarrow.array(texts, pyarrow.large_string())),
    "Arrow, dictionary": arrow_column(lambda pyarrow, texts: pyarrow.array(texts).dictionary_encode()),
    "numpy": numpy_column,
    "Polars": polars_column,
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns_of_libraries(kind, scorer):
    texts = ["a good film", None, "awful", "", "good " * 50]
    column = COLUMNS[kind](texts)
    found = scorer({"text": column})
    assert found["text"] is column
    expected = scorer({"text": texts})
    assert (found["label"], found["probability"]) == (expected["label"], expected["probability"])


def test_prefix_and_probabilities(bundle_folder):
    scorer = Scorer(bundle_folder, prefix="answer_", probabilities=True)
    found = scorer({"text": ["good", None], "label": ["x", "y"]})
    classifier = drupelet.load(bundle_folder)
    assert list(found)[2:] == scorer.added_columns()
    assert scorer.added_columns() == [
        "answer_label",
        "answer_probability",
        *(f"answer_probability_{label}" for label in classifier.labels),
    ]
    assert [found[name][0] for name in scorer.added_columns()[2:]] == list(classifier("good").probabilities)
    assert [found[name][1] for name in scorer.added_columns()] == [None] * (2 + len(classifier.labels))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"txt": ["good"]}, "^no column 'text'; did you mean 'txt'"),
        ({"text": ["good"], "probability": [1]}, "^the texts have a column 'probability' already"),
    ],
)
def test_columns_that_do_not_fit_are_refused(scorer, columns, message):
    with pytest.raises(InputError, match=message):
        scorer(columns)


@pytest.fixture
def several(tmp_path):
    """A file of a network that decides three labels, each alone, and rejects some texts."""
    model = model_of(SAMPLES["several labels"])
    plain = tmp_path / "plain.drupelet"
    plain.write_bytes(model_file(model))
    probabilities = drupelet.load(plain).predict(["w000 w003", "w007", "w001 w002 w009"])
    least = float32(sorted(max(answer.probabilities) for answer in probabilities)[1])
    path = tmp_path / "several.drupelet"
    path.write_bytes(decided_file(model, Decision(tuple(map(float32, (0.3, 0.6, 0.2))), least)))
    return path


def test_several_labels_are_lists(several):
    scorer = Scorer(several, probabilities=True)
    texts = ["w000 w003", "w007", "w001 w002 w009", "qqq"]
    found = scorer({"text": texts})
    answers = drupelet.load(several).predict(texts)
    assert {answer.rejected for answer in answers} == {True, False}
    assert found["label"] == [list(answer.labels) for answer in answers]
    for answer, values in zip(answers, found["probability"]):
        of_label = dict(zip(("label0", "label1", "label2"), answer.probabilities))
        assert values == [of_label[label] for label in answer.labels]
    assert found["probability_label1"] == [answer.probabilities[1] for answer in answers]


def test_a_rejected_text_has_no_label(tmp_path):
    model = model_of(SAMPLES["text cnn"])
    path = tmp_path / "rejecting.drupelet"
    path.write_bytes(decided_file(model, Decision((), float32(0.999))))
    scorer = Scorer(path)
    found = scorer({"text": ["w000 w003"]})
    assert found["label"] == [None]
    assert found["probability"] == [drupelet.load(path)("w000 w003").probability]
    assert as_text(found["label"][0]) == ""


class Refusing:
    """A classifier that refuses one text, and every batch that holds it."""

    labels = ("a", "b")

    def __init__(self, classifier):
        self._classifier = classifier

    def predict(self, texts):
        return [self(text) for text in texts]

    def __call__(self, text):
        if "refused" in text:
            raise InputError("a text of 9 ids, the network reads at most 3")
        return self._classifier(text)


def test_a_text_that_is_refused_costs_no_other_an_answer(bundle_folder):
    scorer = Scorer(bundle_folder)
    classifier = scorer.classifier
    scorer._classifier = Refusing(classifier)
    first, second, third, none = scorer.answers(["good", "refused", "bad", None])
    assert (first, third, none) == (classifier("good"), classifier("bad"), None)
    assert isinstance(second, DrupeletError)
    assert scorer.values(second) == [None, None]
    with pytest.raises(InputError, match=r"^row 1 of the batch: a text of 9 ids"):
        scorer({"text": ["good", "refused"]})


def test_a_text_that_is_too_long_for_a_network_is_told(tmp_path):
    (tmp_path / "t.drupelet").write_bytes(model_file(model_of(SAMPLES["transformer"])))
    (tmp_path / "in.csv").write_text("text\nw001\n" + "w000 " * 70_000 + "\nw002\n")
    run = scored(tmp_path / "in.csv", tmp_path / "out.csv", Scorer(tmp_path / "t.drupelet"))
    assert (run.counts.answered, run.counts.bad) == (2, 1)
    (error,) = errors_of(tmp_path / "out.csv")
    assert (error["row"], error["begins"]) == (2, ("w000 " * 40))
    assert "a text of 70000 tokens" in error["reason"]


def test_a_prefix_is_unicode(bundle_folder):
    with pytest.raises(InputError, match=r"^the prefix '\\udcff' has half a character"):
        Scorer(bundle_folder, prefix="\udcff")


def test_a_pickled_scorer_loads_the_same_bundle(tmp_path, bundle_folder, monkeypatch):
    shutil.copytree(bundle_folder, tmp_path / "bundle")
    monkeypatch.chdir(tmp_path)
    scorer = Scorer("bundle", prefix="x_")
    content = pickle.dumps(scorer)
    assert len(content) < 2000
    monkeypatch.chdir("/")
    other = unpickled(content)
    assert other._classifier is None
    assert other({"text": TEXTS}) == scorer({"text": TEXTS})
    assert (other.engine, other.scheme, other.digest) == (
        scorer.classifier.engine,
        scorer.classifier.model.scheme,
        scorer.digest,
    )


def test_another_bundle_in_its_place_is_refused(tmp_path, bundle_folder, several):
    path = tmp_path / "bundle.drupelet"
    path.write_bytes(next(iter(bundle_folder.glob("*.drupelet"))).read_bytes())
    content = pickle.dumps(Scorer(path))
    path.write_bytes(several.read_bytes())
    other = unpickled(content)
    with pytest.raises(BundleReplacedError, match="is another bundle here than where the work began"):
        other({"text": ["good"]})
    # It is no fault of a text: no row is told.
    with pytest.raises(BundleReplacedError):
        unpickled(content).answers(["good", "bad"])
    path.unlink()
    with pytest.raises(DrupeletError):
        unpickled(content).answers(["good", "bad"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("a", "a"),
        (0.5, "0.500000"),
        (1e-9, "0.000000"),
        ([], ""),
        (["a", "b"], "a|b"),
        ([0.5, None], "0.500000|"),
    ],
)
def test_values_in_csv(value, text):
    assert as_text(value) == text


def test_a_bundle_has_a_name(bundle_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DRUPELET_PATH", str(bundle_folder.parent))
    scorer = Scorer(bundle_folder.name)
    stored = pickle.dumps(scorer)
    monkeypatch.delenv("DRUPELET_PATH")
    monkeypatch.chdir(tmp_path)
    assert pickle.loads(stored)({"text": ["good"]}) == scorer({"text": ["good"]})  # noqa: S301 - our own

"""``drupelet eval``: figures on labelled texts, and errors that name file, line and label."""

import pytest

from drupelet import load


@pytest.fixture
def labelled(bundle_folder, tmp_path):
    """A CSV file with the bundle's own answers as labels, but for one text."""
    classifier = load(bundle_folder)
    texts = ["good film", "bad film", "the quiet film", "", "unknown"]
    labels = [classifier(text).label for text in texts]
    first, second = classifier.labels
    labels[0] = second if labels[0] == first else first
    path = tmp_path / "texts.csv"
    path.write_text("".join(f'"{text}";{label}\n' for text, label in [("text", "label"), *zip(texts, labels)]))
    return path


def test_figures_for_people(run, bundle_folder, labelled):
    status, out, err = run("eval", bundle_folder, labelled)
    assert (status, err) == (0, "")
    assert "5 texts, answered by model.f32.drupelet on" in out
    assert "accuracy 0.8000 (95 %: 0.376 to 0.964)" in out
    assert "true label \\ answer" in out
    assert "the most confident mistakes:\nline 2: " in out
    assert '"good film"' in out
    assert "2 of the texts have no word that the network knows" in out


def test_json_is_one_document(run_json, bundle_folder, labelled):
    status, document = run_json("eval", bundle_folder, labelled, "--mistakes", 0)
    assert (status, document["texts"], document["correct"], document["mistakes"]) == (0, 5, 4, [])
    assert sum(map(sum, document["confusion"])) == 5


def test_labels_of_other_names(run_json, bundle_folder, labelled):
    first, second = load(bundle_folder).labels
    content = labelled.read_text().replace(f";{first}\n", ";0\n").replace(f";{second}\n", ";a=b\n")
    labelled.write_text(content)
    status, document = run_json(
        "eval", bundle_folder, labelled, "--label-map", f"0={first}", "--label-map", f"a=b={second}"
    )
    assert (status, document["correct"]) == (0, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--label-map", "x"], "--label-map x: expected OLD=NEW, such as 1=positive"),
        (["--label-map", "x=nothing"], "--label-map x=nothing: 'nothing' is no label of the bundle"),
        (["--mistakes", "-1"], "argument --mistakes: '-1' is no number from 0 on"),
        (["--label-map", "=positive"], "--label-map =positive: "),
        (["--text-column", "txt"], "no single column 'txt'; did you mean 'text'?"),
    ],
)
def test_options_that_do_not_fit(run, bundle_folder, labelled, arguments, message):
    status, out, err = run("eval", bundle_folder, labelled, *arguments)
    assert (status, out) == (2, "")
    assert message in err


def test_a_label_that_the_bundle_lacks_is_named(run, bundle_folder, tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("text,label\ngood film,POS\n")
    status, out, err = run("eval", bundle_folder, path)
    assert (status, out) == (2, "")
    assert f"{path}: line 2: label 'POS' is none of the bundle's" in err
    assert "map it with --label-map POS=LABEL" in err


def test_a_file_without_rows(run, bundle_folder, tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("text,label\n")
    assert (
        run("eval", bundle_folder, path)[2]
        == f"drupelet eval: {path}: no row below its header; expected labelled texts\n"
    )


def test_a_label_is_given_one_meaning(run, bundle_folder, labelled):
    first, second = load(bundle_folder).labels
    err = run("eval", bundle_folder, labelled, "--label-map", f"x={first}", "--label-map", f"x={second}")[2]
    assert f"--label-map: 'x' is {first!r} and {second!r}; give it once" in err

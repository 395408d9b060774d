"""What cannot be trained is named before Keras is needed."""

import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet.labelled_rows import Columns
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.reading import Reading
from drupelet_train.preparation import prepare
from drupelet_train.run_folder import Plan


def test_the_parts_are_apart(tiny_csv, tiny_settings):
    prepared = prepare(Plan(str(tiny_csv), TrainConfig(**tiny_settings)))
    assert sorted(np.concatenate(list(prepared.parts.values()))) == list(range(120))
    assert prepared.settings.config.tokenizer == "alnum"


def test_what_was_read_is_said_at_once(tiny_csv):
    said = []
    with pytest.raises(InputError, match="for 3 classes"):
        prepare(Plan(str(tiny_csv), TrainConfig(output="sigmoid")), notice=said.append)
    assert said == [f"{tiny_csv}: 120 rows separated by ',', texts in 'text', labels in 'label'"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"output": "sigmoid"}, 'output is "sigmoid" for 3 classes, expected 2'),
        ({"output": "sigmoids"}, "decides each label alone, and every text has one label"),
    ],
)
def test_an_output_must_fit(tiny_csv, settings, message):
    with pytest.raises(InputError, match=message):
        prepare(Plan(str(tiny_csv), TrainConfig(**settings)))


def test_an_ensemble_needs_training_texts_of_every_class(tmp_path, write_tiny_csv):
    with pytest.raises(InputError, match="has 8 training texts, expected at least 10 with"):
        prepare(Plan(str(write_tiny_csv(tmp_path / "few.csv", 30)), TrainConfig(teacher="ensemble")))


def test_every_label_is_learnt(tmp_path):
    rows = [f"good film {n},{'a' if n < 97 else 'a|b'}" for n in range(100)]
    (tmp_path / "a.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    validation = tmp_path / "v.csv"
    validation.write_text("text,label\ngood film,a|c\ngood film,c\ngood film,c\n")
    reading = Reading(Columns(several=True), validation=str(validation))
    with pytest.raises(InputError, match="the class 'c' has 0 training texts, expected at least 1"):
        prepare(Plan(str(tmp_path / "a.csv"), TrainConfig(), reading=reading))

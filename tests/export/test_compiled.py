"""A model is compiled once: the common passes run after reading, those of a scheme when the scheme is first used."""

from dataclasses import replace

import pytest

from drupelet.comparison import GATES
from drupelet.schemes import SCHEMES
from drupelet_export import passes as passes_module
from drupelet_export.compiled import compile_source
from drupelet_export.errors import ModelError
from drupelet_export.passes import PIPELINE, SCHEME_PASSES, Pass
from drupelet_export.reading.source import Source
from drupelet_export.reading.text_options import TextOptions


@pytest.fixture
def source(saved_model, text_options):
    return Source(saved_model, text_options(), None)


def counting(ran, name="count"):
    """A pass that changes nothing and records that it ran."""
    return Pass(name, lambda model: ran.append(name) or replace(model), lambda model: None, lambda model: None)


def test_every_scheme_has_a_gate_and_passes():
    assert set(SCHEME_PASSES) == set(GATES) == set(SCHEMES)


def test_the_passes_of_a_scheme_run_once(source, monkeypatch):
    ran = []
    monkeypatch.setattr(
        passes_module, "SCHEME_PASSES", {"f32": (counting(ran, "f32"),), "f16": (counting(ran, "f16"),)}
    )
    compiled = compile_source(source, (*PIPELINE, counting(ran, "pipeline")))
    assert ran == ["pipeline"]
    assert compiled.scheme("f32") is compiled.scheme("f32")
    assert compiled.scheme("f16") is not compiled.scheme("f32")
    assert ran == ["pipeline", "f32", "f16"]


def test_a_proof_begins_at_the_text_only_where_keras_or_a_training_run_says_how_texts_are_read(source):
    assert compile_source(source).proof() == ("ids", "Keras, asked with ids that drupelet made")
    assert compile_source(replace(source, is_run=True)).proof() == ("text", "its training run")


def test_a_textvectorization_inside_the_model_proves_texts(tmp_path):
    keras = pytest.importorskip("keras")
    layer = keras.layers.TextVectorization(output_sequence_length=4)
    layer.adapt(["good film", "bad film"])
    model = keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            layer,
            keras.layers.Embedding(layer.vocabulary_size(), 3, mask_zero=True),
            keras.layers.LSTM(2),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.save(tmp_path / "model.keras")
    source = Source(tmp_path / "model.keras", TextOptions(("bad", "good")), None)
    assert compile_source(source).proof() == ("text", "the TextVectorization inside the model")
    model.save(tmp_path / "model.h5")
    with pytest.raises(
        ModelError, match=r"TextVectorization has no word.*A \.h5 file does not keep it: save the model as \.keras"
    ):
        compile_source(replace(source, model_path=tmp_path / "model.h5"))


def test_a_pass_that_fails_names_the_model_and_the_scheme(source, monkeypatch):
    refuses = Pass("refuse", lambda model: model, lambda model: "it never holds", lambda model: None)
    monkeypatch.setattr(passes_module, "SCHEME_PASSES", {"f32": (refuses,)})
    with pytest.raises(
        ModelError, match=r"tiny\.keras: scheme f32: pass 1 of 1, refuse \(before it: none\): it never holds$"
    ):
        compile_source(source).scheme("f32")
    with pytest.raises(ModelError, match=r"tiny\.keras: pass 1 of 1, refuse "):
        compile_source(source, (refuses,))


def test_a_pruned_model_has_fewer_words_and_a_whole_one_is_that_of_the_scheme(source):
    compiled = compile_source(source)
    rows = len(compiled.read.vocabulary)
    assert compiled.pruned(rows, "f32") is compiled.scheme("f32")
    assert len(compiled.pruned(rows - 2, "f32").vocabulary) == rows - 2
    assert len(compiled.read.vocabulary) == rows


def test_a_model_that_is_not_there_is_named(tmp_path, text_options):
    with pytest.raises(ModelError, match=r"nothing\.keras: not found"):
        compile_source(Source(tmp_path / "nothing.keras", text_options(), None))


def test_it_says_which_steps_layers_compute(source):
    (sentence,) = compile_source(source).lengths
    assert sentence.startswith("tokens alone, because whatever reads them knows the mask: 'embedding")

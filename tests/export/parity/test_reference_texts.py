"""The texts that are compared, and those of them that a bundle carries."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest

from drupelet.errors import InputError
from drupelet.goldens import Golden, write_goldens
from drupelet_export.model.sample_texts import SAMPLED_TEXT_WORDS, SAMPLED_TEXTS, sample_texts
from drupelet_export.parity import reference_texts
from drupelet_export.parity.edge_suite import edge_suite
from drupelet_export.parity.reference_texts import (
    GOLDEN_TEXTS,
    HeldOut,
    goldens_for_bundle,
    load_held_out,
    reference_goldens,
)


@pytest.fixture
def datasets(monkeypatch):
    """A function that pretends that an installed distribution reads these texts and labels."""

    def install(texts, names):
        entry = SimpleNamespace(
            load=lambda: (
                lambda data, whole, recorded, reading: (
                    texts[: None if whole else 3],
                    [(name,) if isinstance(name, str) else name for name in names[: None if whole else 3]],
                )
            )
        )
        monkeypatch.setattr(reference_texts, "entry_points", lambda group: [entry])

    return install


def test_held_out_texts_get_the_numbers_of_their_labels(datasets):
    datasets(["fine", "awful", "fine too"], ["good", "bad", "good"])
    assert load_held_out("imdb", ("bad", "good")) == HeldOut(("fine", "awful", "fine too"), (1, 0, 1))


def test_texts_with_several_labels_have_no_true_class(datasets):
    datasets(["fine", "so so", "hm"], [("good",), ("good", "bad"), ()])
    assert load_held_out("imdb", ("bad", "good")).labels == (None, None, None)


def test_the_whole_data_is_asked_for_where_training_saw_none_of_it(datasets):
    datasets(["a", "b", "c", "d"], ["good", "bad", "good", "bad"])
    assert load_held_out("imdb", ("bad", "good")).texts == ("a", "b", "c")
    assert load_held_out("imdb", ("bad", "good"), True).texts == ("a", "b", "c", "d")


def test_labels_that_the_model_lacks_are_refused(datasets):
    datasets(["a", "b"], ["positive", "bad"])
    message = r"data 'imdb': has labels positive, the model has only bad, good; use data with the model's labels"
    with pytest.raises(InputError, match=message):
        load_held_out("imdb", ("bad", "good"))


def test_without_a_distribution_that_reads_data_it_is_named(monkeypatch):
    monkeypatch.setattr(reference_texts, "entry_points", lambda group: [])
    with pytest.raises(InputError, match="data 'imdb': nothing installed reads data sets; install drupelet-train"):
        load_held_out("imdb", ("bad", "good"))


def test_goldens_of_held_out_texts(compiled):
    told = []
    goldens = reference_goldens(compiled, HeldOut(("the film", "bad " * 9), (1, 0)), lambda *done: told.append(done))
    first, second, *edges = goldens
    assert (first.suite, first.name, first.text, first.label) == ("held_out", "held-out 0", "the film", 1)
    assert second.ids == tuple(compiled.final.engine_ids("bad " * 6))
    assert [golden.name for golden in edges] == [edge.name for edge in edge_suite(compiled.read)]
    assert all(golden.suite == "edge" and golden.label is None for golden in edges)
    assert told[-1] == (len(goldens), len(goldens))
    assert goldens[0].probabilities == compiled.reference.predict(["the film"])[0]


def test_goldens_without_held_out_texts_are_sampled(compiled):
    goldens = reference_goldens(compiled, None)
    sampled = [golden for golden in goldens if golden.suite == "sampled"]
    assert len(sampled) == SAMPLED_TEXTS
    assert len(goldens) == SAMPLED_TEXTS + len(edge_suite(compiled.read))
    assert all(golden.label is None for golden in goldens)


def test_edge_texts_have_no_more_tokens_than_keras_and_every_engine_have_memory_for(monkeypatch, random_model):
    asked = []
    model = random_model(max_tokens=None)
    final = replace(model, nodes=(*model.nodes, model.nodes[-1]))
    lengths = {id(model.graph): 500, id(final.graph): 70}
    monkeypatch.setattr(reference_texts, "longest_text", lambda graph, tokens: lengths[id(graph)])
    reference = SimpleNamespace(predict=lambda texts, progress: asked.extend(texts) or [(0.5, 0.5)] * len(texts))
    reference_goldens(SimpleNamespace(read=model, final=final, reference=reference), HeldOut((), ()))
    assert max(len(model.ids(text)) for text in asked) == 70


def golden(suite, number):
    return Golden(suite, f"{suite} {number}", "text", 1, (), (0.5, 0.5), None)


def test_goldens_of_a_bundle_are_spread_evenly_and_hold_the_whole_edge_suite():
    goldens = [golden("held_out", n) for n in range(2000)] + [golden("edge", n) for n in range(20)]
    chosen = goldens_for_bundle(goldens)
    numbers = [int(one.name.split()[1]) for one in chosen if one.suite == "held_out"]
    assert len(numbers) == GOLDEN_TEXTS
    assert numbers[:3] == [0, 7, 15]
    assert max(b - a for a, b in pairwise(numbers)) == 8
    assert numbers[-1] >= 1990
    assert chosen[GOLDEN_TEXTS:] == goldens[2000:]


def test_a_bundle_carries_all_of_a_few_texts():
    goldens = [golden("sampled", n) for n in range(3)] + [golden("edge", 0)]
    assert goldens_for_bundle(goldens) == goldens
    assert goldens_for_bundle(goldens[3:]) == goldens[3:]


def test_a_bundle_carries_fewer_of_very_long_texts(monkeypatch):
    monkeypatch.setattr(reference_texts, "SUITE_BYTES", 1000)
    goldens = [golden("held_out", n) for n in range(50)] + [golden("edge", n) for n in range(20)]
    chosen = goldens_for_bundle(goldens)
    held_out = [one for one in chosen if one.suite == "held_out"]
    assert held_out == goldens[: len(held_out)]
    assert 1000 - 200 < len(write_goldens(held_out)) <= 1000
    assert chosen[len(held_out) :] == goldens[50:]


@pytest.mark.parametrize("max_tokens", [None, 1, 5, 250])
def test_sampled_texts_are_the_same_every_time_and_not_all_known(random_model, max_tokens):
    model = random_model(max_tokens=max_tokens)
    texts = sample_texts(model)
    assert texts == sample_texts(model)
    assert len(texts) == SAMPLED_TEXTS
    lengths = [len(text.split()) for text in texts]
    assert (min(lengths), max(lengths)) == (1, min(SAMPLED_TEXT_WORDS, (max_tokens or 60) + 5))
    words = " ".join(texts).split()
    assert 0.02 < words.count("qzxqzx") / len(words) < 0.1
    assert set(words) == {"qzxqzx", "the", "film", "a", "good", "bad", "quiet"}


def test_a_vocabulary_without_words_can_be_sampled(random_model):
    assert set(" ".join(sample_texts(random_model(words=(None, None)))).split()) == {"word", "qzxqzx"}

"""A text that is followed is answered with the bits of a text that is answered alone, however it grows or changes."""

import gc
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.schemes import SCHEMES
from drupelet.text.rules import Split, TextRules
from runtime import networks
from runtime.format_writer import model_file
from runtime.native.conftest import ROWS
from runtime.random_graphs import models
from runtime.text.examples import EXAMPLES

CELLS = (
    ("lstm", "tanh", "sigmoid", False),
    ("gru", "tanh", "sigmoid", True),
    ("gru", "tanh", "sigmoid", False),
    ("rnn", "tanh", "linear", False),
    ("lstm", "relu", "sigmoid", False),
    ("gru", "selu", "hard_sigmoid", True),
)
POOLINGS = ("last", "max", "min", "average", "sum", "first")
PIECES = ("w", "0", "00", "1", " ", "w001 ", "w002 w003 w004", "w257\n", "w1 w2", "zzz ", " w010" * 40)
"""Letters, of which words grow, words that the drawn models know and others that they do not, and many at once."""


def layer(cell, direction, merge="none"):
    """A recurrent layer of :data:`CELLS` in that direction."""
    name, activation, gate, reset_after = cell
    return name, direction, merge, activation, gate, reset_after


@st.composite
def edits(draw, pieces=PIECES, most=12):
    """Texts of which each grows from the one before, is a beginning of it, or is another one."""
    text, found = "", []
    for _ in range(draw(st.integers(1, most))):
        kept = draw(st.one_of(st.just(len(text)), st.just(len(text)), st.integers(0, len(text))))
        text = text[:kept] + draw(st.sampled_from(pieces))
        found.append(text)
    return found


def outcome(answer, text):
    """The bits of an answer, or why there is none."""
    try:
        return repr(answer(text))
    except InputError as error:
        return str(error)


def follows_like_it_answers(opened, texts):
    """Whether a follower gives the bits that each text gets alone; a text that is refused is refused alike."""
    follower, _ = opened.follower()
    for text in texts:
        assert outcome(lambda text: [opened.follow(follower, text)], text) == outcome(
            lambda text: opened.answer([text]), text
        )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("pooling", POOLINGS)
@given(st.data())
@settings(max_examples=10, deadline=None)
def test_any_recurrent_network_is_followed_to_the_bit(native, tiers, scheme, pooling, data):
    cells = data.draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=3))
    direction = data.draw(st.sampled_from(("forward", "forward", "backward", "bidirectional")))
    merge = data.draw(st.sampled_from(("concat", "sum"))) if direction == "bidirectional" else "none"
    model = networks.drawn_model(
        [layer(cell, direction, merge) for cell in cells], rows=ROWS, units=data.draw(st.sampled_from((4, 20))),
        pooling=pooling, dense=[("relu", 5), ("linear", 2)],
        pool_zero_below=data.draw(st.sampled_from((None, 6))) if pooling == "max" else None,
    )  # fmt: skip
    opened = native.Model(model_file(model, scheme), "drawn", data.draw(st.sampled_from(tiers)))
    assert opened.follower()[1] == (direction == "forward")
    follows_like_it_answers(opened, data.draw(edits()))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_graph_is_followed_to_the_bit(native, data):
    model = data.draw(
        models(data.draw(st.sampled_from((None, "recurrent", "reduce", "merge", "dense", "normalization"))))
    )
    opened = native.Model(model_file(model), "graph")
    follows_like_it_answers(opened, data.draw(edits(("w00", "1", "2", " ", "w003 ", "w001 w002 w005 "))))


@pytest.mark.parametrize("name", EXAMPLES)
@given(st.data())
@settings(max_examples=25, deadline=None)
def test_any_text_rules_are_followed_to_the_bit(opened_with, name, data):
    """Words that a pattern joins, n-grams, a tail that is kept: whatever the rules do behind what was read."""
    opened = opened_with(EXAMPLES[name])
    assert opened.follower()[1]
    pieces = ("the ", "film", "wonder", "ful ", "GOOD ", "<br", " />", "https://", "a.b ", "\u03a3", "\u0130 ", "don't ",
              "\u2003", "good bad ", ".", "\u0301", "\U0001f600", "\ud800")  # fmt: skip
    follows_like_it_answers(opened, data.draw(edits(pieces, most=16)))


@pytest.mark.parametrize("keep", ["head", "tail", "ends"])
def test_a_text_that_is_longer_than_what_is_read(opened_with, keep):
    opened = opened_with(TextRules("words", (Split("ascii"),), unknown_id=1, max_tokens=6, keep=keep))
    follows_like_it_answers(opened, ["good bad film the very a "[: 2 * n] for n in range(13)])
    text = "good bad film the very a wonder movie good bad boring film great"
    follows_like_it_answers(opened, [text[:n] for n in range(len(text) + 1)])


def test_a_long_text_goes_on_from_wherever_it_changes(native):
    """More states than are kept: those of the beginning become rare, and what stands between them is read again."""
    model = networks.drawn_model([layer(CELLS[0], "forward")], rows=ROWS, pooling="average")
    opened = native.Model(model_file(model, "wi8"), "long")
    words = [f"w{n * 7 % ROWS:03d}" for n in range(3000)]
    texts = [" ".join(words[:n]) for n in (1500, 1501, 3000, 2999, 40, 3000, 1040, 2000, 0, 5)]
    follows_like_it_answers(opened, texts)


def test_a_text_that_is_refused_leaves_what_is_known(native, model):
    opened = native.Model(model_file(model), "tiny")
    follower, incremental = opened.follower()
    assert incremental
    first = opened.follow(follower, "a wonderful film")
    with pytest.raises(InputError, match="a text is 3, expected a string"):
        opened.follow(follower, 3)
    assert opened.follow(follower, "a wonderful film") == first


def test_padding_that_counts_is_computed_again(native, drawn_model):
    opened = native.Model(model_file(drawn_model([layer(CELLS[0], "forward")], padding="post")), "padded")
    assert not opened.follower()[1]
    follows_like_it_answers(opened, ["w001", "w001 w002", "", "w003 " * 20])


def test_a_follower_belongs_to_its_model_and_outlives_its_name(native, model):
    opened, other = (native.Model(model_file(model), name) for name in ("one", "other"))
    follower, _ = opened.follower()
    with pytest.raises(ValueError, match="a follower of another model"):
        other.follow(follower, "good")
    with pytest.raises(ValueError, match="Capsule"):
        opened.follow(object(), "good")
    expected = opened.answer(["good"])[0]
    del opened
    gc.collect()
    del follower
    gc.collect()
    assert other.answer(["good"])[0] == expected


def test_a_follower_is_used_by_one_thread_at_a_time(native, drawn_model):
    opened = native.Model(model_file(drawn_model([layer(CELLS[0], "forward")])), "busy")
    follower, _ = opened.follower()
    text, refused = "w001 " * 400_000, []

    def follow():
        try:
            opened.follow(follower, text)
        except ValueError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=follow) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(refused) <= {"a follower is used by one thread at a time"}
    assert opened.follow(follower, "w001") == opened.answer(["w001"])[0]

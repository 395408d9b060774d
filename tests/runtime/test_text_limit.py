"""The longest text that a network reads."""

import pytest

from drupelet.errors import InputError
from drupelet.graph import MAX_TEXT_BYTES, MAX_WORK
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.reduce import Reduce
from drupelet.text_limit import TextLimit
from runtime.costly_networks import attention_of
from runtime.networks import SAMPLES, chain

POOLED = chain(Embedding(14, 4), Reduce("sum"), Dense(2))
BYTES_PER_TOKEN, FIXED_BYTES = 4 * (1 + 16), 4 * (16 + 16)


def test_the_values_of_a_text_have_room():
    most = (MAX_TEXT_BYTES - FIXED_BYTES) // BYTES_PER_TOKEN
    TextLimit(POOLED).check(0)
    TextLimit(POOLED).check(most)
    message = (
        rf"^a text of {most + 1} tokens: its values would take {(most + 1) * BYTES_PER_TOKEN + FIXED_BYTES} bytes, expected "
        rf"at most 268435456; cut it to {most} tokens, or export the model with --max-tokens$"
    )
    with pytest.raises(InputError, match=message):
        TextLimit(POOLED).check(most + 1)


@pytest.mark.parametrize("graph", SAMPLES.values(), ids=SAMPLES)
def test_the_work_of_a_text_is_known_from_three_lengths(graph):
    limit = TextLimit(graph)
    assert [limit._work(tokens) for tokens in (0, 1, 2, 3, 9, 1000)] == [
        graph.work(tokens) for tokens in (0, 1, 2, 3, 9, 1000)
    ]


def test_the_answer_to_a_text_takes_a_bounded_time():
    graph = attention_of(1)
    most = next(tokens for tokens in range(90_000, 0, -1) if graph.work(tokens) <= MAX_WORK)
    assert most > 80_000
    TextLimit(graph).check(most)
    message = (
        rf"^a text of {2 * most} tokens: its answer would take {graph.work(2 * most)} multiplications, expected at most "
        rf"{MAX_WORK}; cut it to {most} tokens, or export the model with --max-tokens$"
    )
    with pytest.raises(InputError, match=message):
        TextLimit(graph).check(2 * most)
    with pytest.raises(InputError, match=rf"cut it to {most} tokens"):
        TextLimit(graph).check(most + 1)


def test_a_padded_network_reads_texts_of_one_length():
    limit = TextLimit(SAMPLES["text cnn"])
    limit.check(9)
    for tokens in (0, 8, 10):
        with pytest.raises(InputError, match=rf"^a text of {tokens} ids, the network reads 9$"):
            limit.check(tokens)


def test_a_network_that_puts_padding_back_has_room_for_so_many_tokens():
    limit = TextLimit(SAMPLES["shared layer"])
    for tokens in (0, 6):
        limit.check(tokens)
    with pytest.raises(InputError, match=r"^a text of 7 ids, the network reads at most 6$"):
        limit.check(7)

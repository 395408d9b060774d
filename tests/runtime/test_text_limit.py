"""The longest text that a network reads."""

import pytest

from drupelet.errors import InputError
from drupelet.graph import MAX_TEXT_BYTES, MAX_WORK
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.reduce import Reduce
from drupelet.operations.window_pool import WindowPool
from drupelet.text_limit import TextLimit, WholeTextLimit, longest_text
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


@pytest.mark.parametrize(("score", "scratch", "most"), [("dot", 2, 11_585), ("additive", 16, 4096)])
def test_an_engine_without_blocks_has_room_for_the_attention_of_a_text(score, scratch, most):
    graph = attention_of(16, heads=2, score=score)
    assert graph.scratch_bytes(3) == (0, 4 * scratch * 3 * 3, 0, 0)
    limit = WholeTextLimit(graph, "onnxruntime")
    limit.check(most)
    message = (
        rf"^a text of {most + 1} tokens: onnxruntime would take {4 * scratch * (most + 1) ** 2} bytes to compute it, "
        rf"expected at most 1073741824; cut it to {most} tokens, or export the model with --max-tokens; engine 'native' reads "
        r"longer texts$"
    )
    with pytest.raises(InputError, match=message):
        limit.check(most + 1)


@pytest.mark.parametrize(
    ("operation", "numbers"),
    [
        (Convolution(2, 3, 1, 1, 1, 0, 0), 4 * 3 * 7),  # for each of 7 results 3 steps
        (Convolution(2, 2, 8, 2, 1, 5, 1), 4 * 15),  # zeros around the 9 steps
        (WindowPool("max", 4, 1, 3, 2), 4 * 14),
    ],
)
def test_libraries_hold_what_the_windows_over_steps_read(operation, numbers):
    graph = chain(Embedding(14, 4), operation, Reduce("sum"), Dense(2), max_tokens=9, padding="pre")
    assert graph.scratch_bytes(9) == (0, 4 * numbers, 0, 0)


def test_texts_that_run_at_once_have_room_together():
    graph = attention_of(16)
    limit = WholeTextLimit(graph, "onnxruntime")
    for tokens in (0, 1, 100, 5000):
        each = graph.text_bytes(tokens) + max(graph.scratch_bytes(tokens))
        assert limit.texts_at_once(tokens) == MAX_TEXT_BYTES // each
    assert limit.texts_at_once(12_000) == 1


@pytest.mark.parametrize("graph", [*SAMPLES.values(), attention_of(16)], ids=[*SAMPLES, "attention"])
def test_every_engine_reads_the_longest_text_in_the_memory_of_one(graph):
    most = longest_text(graph, 1 << 26)
    if graph.padded:
        assert most == 0  # one length alone
        return
    if any(node.operation.name == "restore" for node in graph.nodes):
        assert most == graph.max_tokens
        return
    TextLimit(graph).check(most)
    needed, more = (graph.text_bytes(tokens) + max(graph.scratch_bytes(tokens)) for tokens in (most, most + 1))
    assert needed <= MAX_TEXT_BYTES < more
    assert longest_text(graph, 3) == 3


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

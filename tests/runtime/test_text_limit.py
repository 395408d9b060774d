"""The longest text that a network reads."""

import pytest

from drupelet.errors import InputError
from drupelet.graph import MAX_TEXT_BYTES
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.reduce import Reduce
from drupelet.text_limit import TextLimit
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

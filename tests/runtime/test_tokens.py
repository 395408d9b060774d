"""Tokens say which of them a network reads."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drupelet.encoder import Encoder
from drupelet.text.named import ALNUM
from drupelet.text.rules import KEEPS
from drupelet.text.words import splitter
from drupelet.tokens import tokens_of
from drupelet.vocabulary import Vocabulary
from runtime.format_writer import table_vocabulary_file

TABLE = Vocabulary(table_vocabulary_file({"bad": 7, "film": 0, "good": 5}, 9))


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(["bad", "film", "good", "x"]), max_size=9),
    *[st.none() | st.integers(0, 3)] * 3,
    st.none() | st.integers(1, 6),
    st.sampled_from(KEEPS),
    st.booleans(),
)
def test_tokens_that_are_read_are_those_of_the_encoder(
    model, words, start_id, end_id, unknown_id, max_tokens, keep, masks
):
    rules = replace(ALNUM, start_id=start_id, end_id=end_id, unknown_id=unknown_id, max_tokens=max_tokens, keep=keep)
    if max_tokens is None:
        masks = True
    network = replace(model.graph, max_tokens=max_tokens, padding="none" if masks else "post")
    encoded = Encoder(rules, TABLE, network).encode(" ".join(words))
    tokens = tokens_of(rules, TABLE, splitter(rules)(" ".join(words)), masks)
    read = [token.keras_id for token in tokens if token.use == "read"]
    assert read == encoded.ids[: len(read)]
    assert set(encoded.ids[len(read) :]) <= {0}
    kept = [token for token in tokens if token.use in ("read", "masked")]
    assert sum(token.kind == "word" for token in kept) == encoded.n_tokens

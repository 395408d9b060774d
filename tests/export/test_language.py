"""Held-out texts in another language than the model's are refused."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from drupelet.errors import InputError
from drupelet.tokenizer import ALNUM
from drupelet_export.parity.reference_texts import HeldOut, check_language


@dataclass(frozen=True)
class _Words:
    """The attributes of a model that check_language uses."""

    tokenizer = ALNUM
    row_of = dict.fromkeys(("a", "good", "film"), 2)


def held_out(*texts: str) -> HeldOut:
    return HeldOut(texts, (0,) * len(texts))


def test_texts_in_the_language_of_the_model_are_accepted() -> None:
    check_language(_Words(), held_out("a good film", "one good unusual thing"))  # type: ignore[arg-type]


@pytest.mark.parametrize("texts", [("ein guter streifen", "das war nichts"), ("",), ("...",)])
def test_texts_of_another_language_or_without_words_are_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=r"the model knows 0 of the \d+ words .* expected texts in the language"):
        check_language(_Words(), held_out(*texts))  # type: ignore[arg-type]

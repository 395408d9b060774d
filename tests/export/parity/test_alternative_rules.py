"""Other rules are those that an option could name, with the fewest changes first."""

from drupelet.text.named import NAMED_RULES
from drupelet_export.parity.alternative_rules import alternative_rules

OTHERS = [f"--tokenizer {name}" for name in NAMED_RULES if name != "alnum"]


def test_a_masked_model_without_a_limit_has_other_named_rules_only(random_model):
    rules = alternative_rules(random_model())
    assert list(rules) == OTHERS
    assert rules["--tokenizer textvectorization"]("good-film bad") == [1, 6]  # alnum makes goodfilm of it too
    assert rules["--tokenizer tokenizer"]("good-film bad") == [5, 3, 6]
    assert rules["--tokenizer imdb"]("good, zzz") == [1, 5, 2]  # start, good, unknown


def test_a_limit_brings_the_part_that_is_kept(random_model):
    rules = alternative_rules(random_model(max_tokens=2))
    assert list(rules) == [
        *("--keep tail", "--keep ends"), *OTHERS, *(f"{o} --keep {keep}" for o in OTHERS for keep in ("tail", "ends"))
    ]  # fmt: skip
    assert rules["--keep tail"]("the film a") == [3, 4]
    assert rules["--keep ends"]("the film a") == [2, 4]


def test_padding_that_is_not_masked_is_part_of_the_ids(random_model):
    rules = alternative_rules(random_model(max_tokens=3, masking="none", padding="pre"))
    assert rules["--padding post"]("the film") == [2, 3, 0]
    assert rules["--keep tail"]("the film") == [0, 2, 3]
    assert len(rules) == len(NAMED_RULES) * 3 * 2 - 1

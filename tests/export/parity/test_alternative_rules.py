"""Other rules are those that an option could name, with the fewest changes first."""

from dataclasses import replace

from drupelet.text.named import IMDB, NAMED_RULES
from drupelet_export.parity.alternative_rules import alternative_rules

OTHERS = [f"--tokenizer {name}" for name in NAMED_RULES if name != "alnum"]
SHIFTS = [f"ids of words that are {n} {size} (--id-offset)" for size in ("larger", "smaller") for n in (1, 2, 3)]
IDS = [*SHIFTS, "--unknown-id drop", "--unknown-id 0", "--unknown-id 2", "--start-id 1", "--start-id 2"]


def test_a_masked_model_without_a_limit_has_other_named_rules_and_ids(random_model):
    rules = alternative_rules(random_model())
    assert list(rules) == [*OTHERS, *IDS]
    assert rules["--tokenizer textvectorization"]("good-film bad") == [1, 6]  # alnum makes goodfilm of it too
    assert rules["--tokenizer tokenizer"]("good-film bad") == [5, 3, 6]
    assert rules["--tokenizer imdb"]("the, zzz") == [1, 5, 2]  # start, the (raised by 3), unknown


def test_imdb_adds_3_to_ids_where_the_option_would(random_model):
    reserved = ("<PAD>", "<START>", "<UNK>", "<UNUSED>", "the", "film")
    assert alternative_rules(random_model(words=reserved))["--tokenizer imdb"]("the film") == [1, 4, 5]
    ranked = random_model(words=(None, "the", "film", "a", "good", "bad"))
    assert alternative_rules(ranked)["--tokenizer imdb"]("the film a") == [1, 4, 5, 2]  # no row is left for the third
    raised = random_model(words=(None, None, None, None, "the", "film"), unknown_id=2)
    raised = replace(raised, text_rules=replace(IMDB, unknown_id=2))
    assert alternative_rules(raised)["--tokenizer tokenizer"]("the film") == [1, 2]
    named = replace(random_model(words=reserved, unknown_id=2), text_rules=IMDB)
    assert alternative_rules(named)["--tokenizer tokenizer"]("the film") == [4, 5]


def test_ids_that_are_off_are_tried(random_model):
    rules = alternative_rules(random_model())
    assert rules[SHIFTS[0]]("the film zzz quiet") == [3, 4, 1, 1]  # the last word has no row behind it
    assert rules[SHIFTS[3]]("the film zzz") == [1, 2, 1]
    assert rules["--unknown-id drop"]("the zzz film") == [2, 3]
    assert rules["--start-id 2"]("film") == [2, 3]


def test_a_limit_brings_the_part_that_is_kept(random_model):
    rules = alternative_rules(random_model(max_tokens=2))
    assert list(rules) == [
        *("--keep tail", "--keep ends"), *OTHERS, *IDS, *(f"{o} --keep {keep}" for o in OTHERS for keep in ("tail", "ends"))
    ]  # fmt: skip
    assert rules["--keep tail"]("the film a") == [3, 4]
    assert rules["--keep ends"]("the film a") == [2, 4]


def test_padding_that_is_not_masked_is_part_of_the_ids(random_model):
    rules = alternative_rules(random_model(max_tokens=3, masking="none", padding="pre"))
    assert rules["--padding post"]("the film") == [2, 3, 0]
    assert rules["--keep tail"]("the film") == [0, 2, 3]
    assert len(rules) == len(NAMED_RULES) * 3 * 2 - 1 + len(IDS)

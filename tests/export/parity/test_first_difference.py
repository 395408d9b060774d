"""The first text that its owner answers otherwise is shown, with what explains most of them."""

import pytest

from drupelet_export.parity.first_difference import TRIED_TEXTS, Answered, explain_difference, unpadded


def fake_keras(rows):
    """An answer that tells rows of ids apart."""
    return [(1 - p, p) for p in ((sum((k + 1) * row for k, row in enumerate(ids)) % 97) / 100 for ids in rows)]


def explained(model, texts, owner_rules, alternatives, with_ids, show_texts=True):
    owner_ids = [owner_rules(text) for text in texts]
    ours = [model.ids(text) for text in texts]
    answered = Answered(
        texts,
        [f"line {n + 2}" for n in range(len(texts))],
        fake_keras(owner_ids),
        owner_ids if with_ids else None,
        fake_keras(ours),
        ours,
    )
    return explain_difference(model, "answers.csv", answered, alternatives, fake_keras, show_texts)


@pytest.mark.parametrize(
    ("ids", "expected"), [([], []), ([0], []), ([0, 0, 3, 0, 4, 0], [3, 0, 4]), ([3], [3])], ids=str
)
def test_padding_on_either_side_is_no_difference(ids, expected):
    assert unpadded(ids) == expected


@pytest.mark.parametrize("with_ids", [True, False])
def test_nothing_differs(random_model, with_ids):
    model = random_model()
    assert explained(model, ["the film", ""], lambda text: [0, *model.ids(text)][1:], {}, with_ids) == ()


def test_ids_are_shown_where_they_part(random_model):
    model = random_model()
    texts = ["a", "the film unseen good bad quiet " * 3]
    first, where, why = explained(
        model, texts, lambda text: [row for row in model.ids(text) if row != 6], {"--none": lambda text: []}, True
    )
    assert first == (
        "answers.csv: 1 of 2 texts are answered otherwise than by their owner; the first is line 3: "
        "'the film unseen good bad quiet the film unseen good bad quiet the film unseen go...'"
    )
    assert where == (
        "they part at token 5: the owner's 15 ids: ... 3=film 1=unknown 5=good 7=quiet 2=the 3=film 1=unknown 5=good "
        "7=quiet 2=the 3=film 1=unknown ...; our 18 ids: ... 3=film 1=unknown(unseen) 5=good 6=bad 7=quiet 2=the 3=film "
        "1=unknown(unseen) 5=good 6=bad 7=quiet 2=the ..."
    )
    assert why == "no other rule that is known fits more of the owner's answers (1 of 2 texts fit now)"


@pytest.mark.parametrize("with_ids", [True, False])
def test_the_rule_that_explains_most_is_named(random_model, with_ids):
    model = random_model()
    texts = [f"{'good ' * n}the film" for n in range(1, 11)]
    rules = {
        "--some": lambda text: model.ids(text)[::-1] if text.count("good") < 3 else model.ids(text),
        "--all": lambda text: model.ids(text)[::-1],
    }
    why = explained(model, texts, rules["--all"], rules, with_ids)[-1]
    assert why == "the owner's answers fit --all (10 of 10 texts)"


def test_a_rule_that_explains_some_texts_does_not_fit(random_model):
    model = random_model()
    texts = [f"{'good ' * n}the film" for n in range(1, 11)]
    rules = {"--few": lambda text: model.ids(text)[::-1] if text.count("good") < 3 else model.ids(text)}
    why = explained(model, texts, lambda text: model.ids(text)[::-1], rules, True)[-1]
    assert why == (
        "no rule that is known fits all of the owner's answers; --few fits more of them (2 of 10 texts, 0 fit now)"
    )


def test_many_texts_are_tried_by_a_spread_with_the_first_that_differ(random_model):
    model = random_model()
    texts = [f"{'good ' * (n % 3 + 1)}the film {'a ' * n}" for n in range(400)]
    why = explained(model, texts, lambda text: model.ids(text)[1:], {"--late": lambda text: model.ids(text)[1:]}, True)[
        -1
    ]
    assert why == f"the owner's answers fit --late ({TRIED_TEXTS} of {TRIED_TEXTS} texts)"


@pytest.mark.parametrize("with_ids", [True, False])
def test_without_texts_the_sentences_have_ids_and_no_word(random_model, with_ids):
    model = random_model()
    text = "the film unseen good"
    sentences = explained(
        model, ["a", text], lambda text: [row for row in model.ids(text) if row != 5], {}, with_ids, show_texts=False
    )
    assert len(sentences) == 3
    assert sentences[0].endswith("the first is line 3")
    ours = "2 3 1 5"
    assert sentences[1].startswith(
        f"they part at token 4: the owner's 3 ids: 2 3 1; our 4 ids: {ours}"
        if with_ids
        else f"our ids: {ours}; the owner"
    )
    assert not [
        word for word in ("film", "unseen", "good") if word in sentences[0] + sentences[1].partition("; the owner")[0]
    ]

from hypothesis import given
from hypothesis import strategies as st

from drupelet.comparison import GATES
from drupelet.decision import HOLDS, Decision
from drupelet.goldens import SUITES, Golden
from drupelet.text_choice import (
    MAX_NEAREST,
    NEAREST,
    NEAREST_OF_EACH,
    SAMPLE_TEXTS,
    every_golden,
    gate_of_suite,
    nearest_to_gate,
    sampled_goldens,
    spread_over_lengths,
)

SIZES = st.sampled_from([0, 1, SAMPLE_TEXTS - 1, SAMPLE_TEXTS, SAMPLE_TEXTS + 1, 1500])


def golden(suite, length, place):
    return Golden(suite, f"{suite} {place}", "", 1, (5,) * length, (0.5, 0.5), None)


@st.composite
def goldens(draw):
    made = []
    for suite in SUITES:
        step = draw(st.integers(1, 97))
        made += [golden(suite, n * step % 89, n) for n in range(draw(SIZES))]
    return draw(st.randoms(use_true_random=False)).sample(made, len(made))


@given(goldens(), st.lists(st.integers(0, 6000), max_size=300))
def test_the_rule_of_how_many_texts(texts, wanted):
    nearest = [place for place in wanted if place < len(texts)]
    choice = sampled_goldens(texts, nearest, "slow", "quick")
    assert choice == sampled_goldens(texts, nearest, "slow", "quick"), "it depends on nothing else"
    whole = every_golden(texts)
    assert choice.places.get("edge", ()) == whole.places.get("edge", ()), "every engine gets the edge suite"
    for suite, places in whole.places.items():
        chosen = choice.places[suite]
        assert set(chosen) <= set(places)
        assert list(chosen) == sorted(set(chosen))
        assert len(chosen) == (len(places) if suite == "edge" else min(len(places), SAMPLE_TEXTS))
        assert choice.totals[suite] == len(places)
        assert (suite in choice.why) == (len(chosen) < len(places))
    every = [place for places in choice.places.values() for place in places]
    assert len(every) == len(set(every)) == choice.count, "no text twice"
    assert len(choice.places.get(NEAREST, ())) <= MAX_NEAREST
    if len(set(nearest)) <= MAX_NEAREST:
        assert set(nearest) <= set(every)
    assert choice.is_whole == (len(every) == len(texts) and NEAREST not in choice.places)


@given(st.lists(st.integers(0, 40), max_size=300), st.integers(2, 320))
def test_a_sample_has_its_share_of_every_length(lengths, count):
    chosen = spread_over_lengths(lengths, count)
    assert len(chosen) == len(set(chosen)) == min(count, len(lengths))
    assert chosen == sorted(chosen)
    if lengths:
        picked = [lengths[place] for place in chosen]
        assert (min(picked), max(picked)) == (min(lengths), max(lengths))
        for limit in set(lengths):
            share = sum(length <= limit for length in picked) / len(picked)
            assert abs(share - sum(length <= limit for length in lengths) / len(lengths)) <= 1.01 / min(
                count, len(lengths)
            )


def test_no_golden_leaves_every_suite_empty():
    assert every_golden([]).places == dict.fromkeys(SUITES, ())


def test_flips_are_nearest_then_the_largest_differences():
    reference = [(0.9, 0.1)] * 12
    answers = [(0.9 - n / 100, 0.1 + n / 100) for n in range(12)]
    answers[2] = (0.4, 0.6)
    found = nearest_to_gate(reference, answers)
    assert found[:4] == [2, 2, 11, 10]
    assert len(found) == 1 + NEAREST_OF_EACH


def test_where_labels_are_decided_alone_each_may_flip():
    reference = [(0.9, 0.6, 0.1)] * 12
    answers = [(0.9, 0.6 - n / 1000, 0.1) for n in range(12)]
    answers[2] = (0.9, 0.4, 0.1)
    assert nearest_to_gate(reference, answers, Decision((HOLDS,) * 3, None))[:3] == [2, 2, 11]
    assert nearest_to_gate(reference, answers)[:2] == [2, 11]


def test_the_smallest_share_of_a_gate_is_a_whole_text_of_a_sample():
    shares = [share for gate in GATES.values() for share in (gate.max_flip_share, gate.max_accuracy_change) if share]
    assert min(shares) * SAMPLE_TEXTS + 0.499 >= 1


def test_texts_that_were_chosen_because_they_flip_may_flip_where_the_scheme_allows_flips():
    for gate in GATES.values():
        assert gate_of_suite(gate, "held_out") == gate
        near = gate_of_suite(gate, NEAREST)
        assert near.max_difference == gate.max_difference
        assert near.max_flip_share == (1 if gate.max_flip_share else 0)

"""The order of labels that answers fit best."""

import random
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet_export.parity.label_order import LabelOrder, assignment, best_order, better_order

square = st.integers(1, 5).flatmap(
    lambda size: st.lists(st.lists(st.integers(-9, 9), min_size=size, max_size=size), min_size=size, max_size=size)
)


@settings(max_examples=300, deadline=None)
@given(costs=square)
def test_the_assignment_is_as_cheap_as_the_best_of_all(costs):
    def total(columns):
        return sum(row[column] for row, column in zip(costs, columns, strict=True))

    found = assignment(costs)
    assert sorted(found) == list(range(len(costs)))
    assert total(found) == min(map(total, permutations(range(len(costs)))))


def test_many_labels_are_assigned_too():
    order = list(range(40))
    random.Random(1).shuffle(order)  # noqa: S311 - no secrets
    costs = [[-5 if order[row] == column else (row * column) % 5 - 4 for column in range(40)] for row in range(40)]
    assert assignment(costs) == tuple(order)


def test_swapped_labels():
    truth = [0, 1] * 50
    answers = [1 - label for label in truth]
    answers[:7] = truth[:7]
    assert best_order(truth, answers, 2) == LabelOrder((1, 0), 93, 100)
    found = better_order(truth, answers, 2)
    assert found == LabelOrder((1, 0), 93, 100)
    assert found.share == 0.93


def test_the_order_of_three_labels_is_by_output():
    truth = [0, 1, 2] * 20
    answers = [(label + 1) % 3 for label in truth]  # output 1 answers where label 0 is true
    assert better_order(truth, answers, 3) == LabelOrder((2, 0, 1), 60, 60)


def test_an_order_that_is_as_good_stays():
    assert best_order([0, 0, 1, 1, 2], [0, 1, 0, 1, 2], 3).order == (0, 1, 2)
    assert best_order([], [], 3) == LabelOrder((0, 1, 2), 0, 0)


def test_right_answers_and_chance_have_no_better_order():
    chance = random.Random(3)  # noqa: S311 - no secrets
    truth = [chance.randrange(20) for _ in range(400)]
    noise = [chance.randrange(20) for _ in truth]
    assert best_order(truth, noise, 20).correct > 2 * sum(a == b for a, b in zip(truth, noise, strict=True))
    assert better_order(truth, noise, 20) is None  # better on the texts that chose it, and on no others
    assert better_order(truth, truth, 20) is None
    weak = [label if chance.random() < 0.3 else other for label, other in zip(truth, noise, strict=True)]
    assert better_order(truth, weak, 20) is None
    assert better_order([0, 1], [1, 0], 2) is None  # too few to say


def test_texts_that_alternate_are_halved_within_each_label():
    truth = [0, 1] * 20  # every second text would be half of the texts of one label
    assert better_order(truth, [1 - label for label in truth], 2) == LabelOrder((1, 0), 40, 40)


def test_texts_of_one_label_can_show_swapped_labels():
    assert better_order([1] * 30, [0] * 28 + [1] * 2, 2) == LabelOrder((1, 0), 28, 30)


def test_answers_that_never_vary_say_nothing_about_the_order():
    assert better_order([0] * 90 + [1] * 10, [1] * 100, 2) is None

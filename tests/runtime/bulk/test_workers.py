"""Several processes give what one gives, in its order; one that dies costs nothing, and a part that kills is named."""

import pickle
import shutil

import pytest

from drupelet.bulk.csv_table import Csv
from drupelet.bulk.part import Place
from drupelet.bulk.scorer import Scorer
from drupelet.bulk.workers import MAX_LOST, PARTS_AHEAD, in_processes, in_this_process, outcome
from drupelet.errors import DrupeletError, InputError
from runtime.bulk.killing import Killing, parts


def found(outcomes):
    return [(part.start.rows, what.content) for part, what in outcomes]


@pytest.mark.parametrize("times", [0, 1, MAX_LOST - 1])
def test_a_process_that_dies_costs_nothing(tmp_path, scorer, times):
    tables = {0: Killing(str(tmp_path), 3, times)}
    expected = [(n, f"{n} {scorer.classifier('good').label}".encode()) for n in range(7)]
    assert found(in_processes(iter(parts(7)), tables, scorer, 2)) == expected
    assert len(list(tmp_path.iterdir())) == times


def test_a_part_that_kills_each_process_is_named_after_those_before_it(tmp_path, scorer):
    tables = {0: Killing(str(tmp_path), 3, 99)}
    outcomes = in_processes(iter(parts(7)), tables, scorer, 2)
    assert [next(outcomes)[0].start.rows for _ in range(3)] == [0, 1, 2]
    with pytest.raises(InputError, match=rf"^{tmp_path}: rows 4 to 4: {MAX_LOST} processes died over them"):
        next(outcomes)


def test_parts_are_asked_for_only_as_they_are_needed(tmp_path, scorer):
    taken = []

    def noted():
        for part in parts(40):
            taken.append(part)
            yield part

    outcomes = in_processes(noted(), {0: Killing(str(tmp_path), -1, 0)}, scorer, 1)
    for count in range(1, 5):
        next(outcomes)
        assert len(taken) <= count + PARTS_AHEAD
    outcomes.close()


def test_a_part_that_cannot_be_read_is_an_outcome(tmp_path, scorer):
    tables = {0: Killing(str(tmp_path), -1, 0)}
    ((_, what),) = in_this_process(parts(1, first=99), tables, scorer)
    assert isinstance(what, InputError)
    gone = Csv(str(tmp_path / "gone"), "text", ("text",), Place(0, 0, 0), ",", "\n", "text\n")
    assert "gone: cannot be read (No such file" in str(outcome(parts(1)[0], {0: gone}, scorer))


def test_what_a_process_raises_is_raised_after_the_parts_before_it(tmp_path, scorer, capfd):
    outcomes = in_processes(parts(7, first=95), {0: Killing(str(tmp_path), -1, 0)}, scorer, 2)
    assert [next(outcomes)[0].start.rows for _ in range(3)] == [95, 96, 97]
    with pytest.raises(ZeroDivisionError, match="by zero"):
        next(outcomes)
    assert "part.start.rows - 98" in capfd.readouterr().err  # the traceback of the process


def test_the_parts_of_a_process_that_dies_are_answered_by_another_one(tmp_path, scorer):
    """It has two of them; the second is not to blame."""
    tables = {0: Killing(str(tmp_path), 0, MAX_LOST - 1)}
    assert len(found(in_processes(iter(parts(2)), tables, scorer, 1))) == 2
    assert len(list(tmp_path.iterdir())) == MAX_LOST - 1


def test_a_bundle_that_is_gone_is_no_fault_of_a_part(tmp_path, bundle_folder):
    shutil.copytree(bundle_folder, tmp_path / "bundle")
    content = pickle.dumps(Scorer(tmp_path / "bundle"))
    shutil.rmtree(tmp_path / "bundle")
    with pytest.raises(DrupeletError, match="bundle"):
        outcome(parts(1)[0], {0: Killing(str(tmp_path), -1, 0)}, pickle.loads(content))  # noqa: S301 - our own

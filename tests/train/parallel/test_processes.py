import os
import signal
import subprocess
import sys
import time

import pytest

from drupelet.errors import InputError
from drupelet_train.config import TrainConfig
from drupelet_train.parallel import processes
from drupelet_train.parallel.processes import Processes, WorkerLostError
from drupelet_train.run_folder import Plan
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.progress import LineProgress
from drupelet_train.training_run import train
from train.parallel import made_up_tasks
from train.parallel.made_up_tasks import task


@pytest.fixture(scope="module")
def two():
    """Two processes for all tests: each takes seconds to begin."""
    with Processes(2) as workers:
        yield workers


def test_the_values_come_in_the_order_of_the_tasks(two, tmp_path, capsys):
    tasks = [
        task(f"task {n}", made_up_tasks.add, tmp_path / str(n), n) if n else task("0", made_up_tasks.slowly, tmp_path)
        for n in range(4)
    ]
    ended = []
    slow, *sums = two.run(tasks, 10, Callbacks(LineProgress()), lambda number, value: ended.append((number, value)))
    assert sums == [11, 12, 13]
    assert slow != os.getpid()
    assert sorted(ended) == [(0, slow), (1, 11), (2, 12), (3, 13)]
    assert (tmp_path / "3" / "sum").read_text() == "13"
    assert sorted(capsys.readouterr().err.splitlines()) == [f"task {n}: adds {n}" for n in (1, 2, 3)]
    assert two.run(tasks[1:2], 20, Callbacks(LineProgress())) == [21], "what they share now"
    assert two.run([], 20, Callbacks(LineProgress())) == []


def test_a_worker_has_one_thread(two, tmp_path):
    assert two.run([task("a", made_up_tasks.threads, tmp_path)], None, Callbacks()) == [(1, "1")]


def test_an_error_of_a_task_ends_the_others(two, tmp_path):
    tasks = [task(name, getattr(made_up_tasks, name), tmp_path / name) for name in ("until_stopped", "fail")]
    with pytest.raises(InputError, match=r"^that is wrong$"):
        two.run(tasks, None, Callbacks())
    assert (tmp_path / "until_stopped" / "saved").exists()


def test_an_error_that_cannot_be_sent_is_told(two, tmp_path):
    with pytest.raises(RuntimeError, match=r"^OddError: odd$"):
        two.run([task("a", made_up_tasks.fail_oddly, tmp_path)], None, Callbacks())


def test_all_save_what_they_have_when_they_are_to_stop(two, tmp_path):
    tasks = [task(name, made_up_tasks.until_stopped, tmp_path / name) for name in "abc"]
    both = [tmp_path / name / "pid" for name in "ab"]
    callbacks = Callbacks(stop=lambda: all(path.exists() for path in both))
    with pytest.raises(TrainingInterruptedError, match="interrupted in the middle"):
        two.run(tasks, None, callbacks)
    assert [(tmp_path / name / "saved").exists() for name in "abc"] == [True, True, False]


def test_a_lost_worker_costs_its_task_alone(two, tmp_path, capsys):
    tasks = [task("a", made_up_tasks.die_at_first, tmp_path / "a"), task("b", made_up_tasks.add, tmp_path / "b", 1)]
    assert two.run(tasks, 1, Callbacks(LineProgress())) == ["alive", 2]
    assert "a: its worker was lost (ended by SIGKILL); another one continues it" in capsys.readouterr().err


def test_a_task_that_takes_its_workers_along_is_given_up(two, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "ATTEMPTS", 1)
    with pytest.raises(WorkerLostError, match=r"a: 1 workers were lost, .* SIGKILL; .* give more, or lower --jobs"):
        two.run([task("a", made_up_tasks.die_at_first, tmp_path / "a")], None, Callbacks())


def test_workers_end_with_their_parent(tmp_path):
    program = f"""
from pathlib import Path
from drupelet_train.parallel.processes import Processes
from drupelet_train.training.callbacks import Callbacks
from train.parallel import made_up_tasks
if __name__ == "__main__":
    with Processes(1) as workers:
        workers.run([made_up_tasks.task("a", made_up_tasks.until_stopped, Path({str(tmp_path / "a")!r}))], None, Callbacks())
"""
    (tmp_path / "program.py").write_text(program)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, str(tmp_path / "program.py")], env=environment) as parent:
        wait_for(tmp_path / "a" / "pid")
        parent.send_signal(signal.SIGKILL)
    wait_for(tmp_path / "a" / "saved")


def wait_for(path):
    end = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_number_of_workers_changes_no_bit(two, tmp_path, tiny_csv, tiny_settings, capsys):
    changes = {"members": 2, "embedding_bits": 8, "epochs": 2, "quantized_epochs": 1, "teacher": "ngram", "crops": 1}
    plan = Plan(str(tiny_csv), TrainConfig(**{**tiny_settings, **changes}), apart=True, compares_baselines=False)
    with Processes(1) as one:
        train(tmp_path / "one", plan, callbacks=Callbacks(LineProgress()), workers=one)
    train(tmp_path / "two", plan, callbacks=Callbacks(LineProgress()), workers=two)
    assert "network 2: epoch 1/1: loss" in capsys.readouterr().err
    one, other = ((tmp_path / name / "model.keras").read_bytes() for name in ("one", "two"))
    assert one == other

from drupelet_train.training.callbacks import Callbacks
from drupelet_train.training.tasks import InThisProcess, Task


def add(folder, shared, value, callbacks):
    assert isinstance(callbacks, Callbacks)
    return folder.name, shared + value


def test_tasks_run_one_after_the_other(tmp_path):
    tasks = [Task(f"task {n}", f"{__name__}:add", tmp_path / str(n), (n,)) for n in range(3)]
    ended = []
    values = InThisProcess().run(tasks, 10, Callbacks(), lambda number, value: ended.append((number, value)))
    assert values == [("0", 10), ("1", 11), ("2", 12)]
    assert ended == list(enumerate(values))
    assert InThisProcess().run(tasks[:1], 1, Callbacks()) == [("0", 1)]

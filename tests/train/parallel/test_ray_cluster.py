"""A cluster of one machine. What needs Ray is run by make test-ray."""

import os
import socket
import sys

import pytest

from drupelet.errors import InputError
from drupelet_train.config import TrainConfig
from drupelet_train.parallel import ray_cluster
from drupelet_train.parallel.processes import Processes
from drupelet_train.parallel.ray_cluster import ClusterError, RayCluster, bring, check_versions, files_of, needed
from drupelet_train.run_folder import Plan
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.progress import LineProgress
from drupelet_train.training_run import train
from train.parallel import made_up_tasks
from train.parallel.made_up_tasks import task


@pytest.fixture(scope="module")
def cluster():
    """Two workers of this machine, which find the modules of this process."""
    pytest.importorskip("ray", reason="Ray is not installed; make test-ray has an environment with it")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    try:
        with RayCluster("local") as workers:
            yield workers
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def test_files_and_lines_come_back(cluster, tmp_path, capsys):
    tasks = [task(f"task {n}", made_up_tasks.add, tmp_path / str(n), n) for n in range(3)]
    (tmp_path / "1" / "kept").write_text("from here")
    ended = []
    assert cluster.run(tasks, 10, Callbacks(LineProgress()), lambda *each: ended.append(each)) == [10, 11, 12]
    assert sorted(ended) == [(0, 10), (1, 11), (2, 12)]
    assert files_of(tmp_path / "1") == {"kept": b"from here", "sum": b"11"}
    cluster.run(tasks[:1], 20, Callbacks(LineProgress()))
    assert {f"task {n}: adds {n}" for n in range(2)} <= set(capsys.readouterr().err.splitlines())


def test_a_worker_has_one_thread(cluster, tmp_path):
    assert cluster.run([task("a", made_up_tasks.threads, tmp_path / "a")], None, Callbacks()) == [(1, "1")]


def test_a_lost_worker_costs_its_task_alone(cluster, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    tasks = [
        task("a", made_up_tasks.die_at_first_elsewhere, tmp_path / "a", str(marks)),
        task("b", made_up_tasks.add, tmp_path / "b", 1),
    ]
    assert cluster.run(tasks, 1, Callbacks()) == ["alive", 2]


def test_a_task_that_takes_its_workers_along_is_given_up(cluster, tmp_path):
    with pytest.raises(ClusterError, match=r"a: the cluster lost it 4 times \(.*; look at its workers"):
        cluster.run([task("a", made_up_tasks.die, tmp_path / "a")], None, Callbacks())


def test_an_error_of_a_task_is_told_and_its_files_come_back(cluster, tmp_path):
    with pytest.raises(InputError, match=r"^that is wrong$"):
        cluster.run([task("a", made_up_tasks.write_and_fail, tmp_path / "a")], None, Callbacks())
    assert files_of(tmp_path / "a") == {"half": b"so far"}


def test_it_stops_when_it_is_to_stop(cluster, tmp_path):
    with pytest.raises(TrainingInterruptedError, match="interrupted after 0 of 1 tasks"):
        cluster.run([task("a", made_up_tasks.until_stopped, tmp_path / "a")], None, Callbacks(stop=lambda: True))


def test_workers_of_other_versions_are_refused(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_cluster, "versions", lambda: {"keras": "9.9"})
    with pytest.raises(InputError, match=r"the worker on .* has keras 3\..* \(here 9\.9\); expected the same"):
        cluster.run([task("a", made_up_tasks.add, tmp_path / "a", 1)], 1, Callbacks())


def test_a_cluster_gives_the_bits_of_processes(cluster, tmp_path, tiny_csv, tiny_settings):
    changes = {"members": 2, "embedding_bits": 8, "epochs": 2, "quantized_epochs": 1, "teacher": "ngram", "crops": 1}
    plan = Plan(str(tiny_csv), TrainConfig(**{**tiny_settings, **changes}), apart=True, compares_baselines=False)
    with Processes(1) as processes:
        train(tmp_path / "one", plan, callbacks=Callbacks(LineProgress()), workers=processes)
    train(tmp_path / "ray", plan, callbacks=Callbacks(LineProgress()), workers=cluster)
    one, other = ((tmp_path / name / "model.keras").read_bytes() for name in ("one", "ray"))
    assert one == other


def test_ray_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        InputError, match=r'--ray needs Ray, which cannot be imported .* pip install "drupelet-train\[ray\]'
    ):
        RayCluster("local")


@pytest.mark.parametrize("address", ["{}", "ray://{}"])
def test_a_cluster_that_does_not_answer_is_named(monkeypatch, address):
    monkeypatch.setitem(sys.modules, "ray", sys)
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(
        ClusterError, match=rf"{place}: no Ray cluster can be reached \(Connection refused\); begin one"
    ):
        RayCluster(address.format(place))


@pytest.mark.parametrize("address", ["somewhere", "host:", "host:port", "ray://"])
def test_what_is_no_address_is_named(monkeypatch, address):
    monkeypatch.setitem(sys.modules, "ray", sys)
    with pytest.raises(InputError, match=r"expected local, auto, HOST:PORT or ray://HOST:PORT"):
        RayCluster(address)


def test_the_versions_must_be_the_same(monkeypatch):
    check_versions(needed())
    monkeypatch.setattr(ray_cluster.platform, "machine", lambda: "riscv64")
    there = needed()
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"processor \S+ \(here riscv64\)"):
        check_versions(there)


def test_files_replace_those_of_the_folder_or_change_nothing(tmp_path):
    bring({}, tmp_path / "run")
    assert files_of(tmp_path / "run") == {}
    bring({"a": b"1", "deep/b": b"2"}, tmp_path / "run")
    bring({"a": b"3"}, tmp_path / "run")
    assert files_of(tmp_path / "run") == {"a": b"3"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"run: cannot be written \(Not a directory\); make room"):
        bring({"a": b"1"}, tmp_path / "file" / "run")

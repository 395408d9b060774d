"""Answers parts on a Ray cluster, through Ray Data. Every machine reads the files of the input under the same paths."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager

from drupelet.bulk.workers import MAX_LOST
from drupelet.errors import DrupeletError, InputError
from drupelet.version import __version__

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from drupelet.bulk.part import Part
    from drupelet.bulk.scorer import Scorer
    from drupelet.bulk.table import Table
    from drupelet.bulk.workers import Outcome

LOCAL = "local"
CONNECT_SECONDS = 7.0
ENGINE = "native"
"""The engine with the same bits on every processor. Others differ in the last digits from machine to machine."""


class PartScorer:
    """An actor of Ray Data: answers a part a call. It refuses another version of drupelet, and another bundle."""

    def __init__(self, tables: Mapping[int, Table], scorer: Scorer, version: str) -> None:
        if version != __version__:
            raise InputError(
                f"a worker has drupelet {__version__}, the driver {version}; install the same on every machine"
            )
        self.tables, self.scorer = tables, scorer
        self.scorer.classifier  # noqa: B018 - loaded now: a missing bundle is no fault of a part

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """The outcomes of parts, in their order. Both are pickled: Ray Data would make columns of their fields."""
        import pickle

        from drupelet.bulk.workers import outcome

        found = [outcome(pickle.loads(part), self.tables, self.scorer) for part in batch["part"]]  # noqa: S301 - our own
        return {"part": list(batch["part"]), "outcome": [pickle.dumps(each) for each in found]}


def on_ray(
    parts: Iterable[Part], tables: Mapping[int, Table], scorer: Scorer, address: str, jobs: int | None
) -> Iterator[tuple[Part, Outcome]]:
    """The parts with what became of them, in their order. ``jobs``: most actors, by default one for each processor.

    Raises InputError where Ray is missing, the cluster cannot be reached, or its workers cannot answer.
    """
    ray = _ray()
    if scorer.classifier.engine != ENGINE:
        raise InputError(
            f"--ray with engine {scorer.classifier.engine!r}: its answers differ from processor to processor; "
            f"expected --engine {ENGINE}"
        )
    with _stdout_as_stderr():
        _connect(ray, address)
        try:
            yield from _answered(ray, parts, (tables, scorer, __version__), jobs)
        except ray.exceptions.RayError as error:
            raise _said(error) from error
        finally:
            ray.shutdown()


def _answered(
    ray: Any, parts: Iterable[Part], worker: tuple[Mapping[int, Table], Scorer, str], jobs: int | None
) -> Iterator[tuple[Part, Outcome]]:
    import pickle

    rows = [{"part": pickle.dumps(part)} for part in parts]
    if not rows:
        return
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    actors = jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))
    answered = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        PartScorer,
        fn_constructor_args=worker,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=actors),
        num_cpus=1,
        max_task_retries=MAX_LOST,
    )
    for row in answered.iter_rows():
        yield pickle.loads(row["part"]), pickle.loads(row["outcome"])  # noqa: S301 - our own


@contextmanager
def _stdout_as_stderr() -> Iterator[None]:
    """Sends to stderr what Ray writes to stdout by itself, from C++ too, where a program may be writing a document."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def _ray() -> Any:
    try:
        import ray
        import ray.data
        import ray.exceptions
    except ImportError as error:
        raise InputError(f'--ray needs Ray, which cannot be imported ({error}); pip install "drupelet[ray]"') from error
    return ray


def _connect(ray: Any, address: str) -> None:
    """Joins the cluster, or starts one here for :data:`LOCAL`."""
    host, colon, port = address.rpartition(":")
    if address not in (LOCAL, "auto"):
        if not colon or not port.isdigit() or "/" in host:
            raise InputError(f"--ray {address}: expected {LOCAL}, auto or HOST:PORT")
        if not _reachable(host.strip("[]"), port):
            raise InputError(
                f"--ray {address}: no Ray cluster can be reached there; does its head run (ray start --head), with the version "
                "of Ray that is here, and is its port open?"
            )
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error", configure_logging=True)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise InputError(f"--ray {address}: {str(error).splitlines()[0]:.300}") from error


def _reachable(host: str, port: str) -> bool:
    """Whether a cluster answers. Ray itself tries for minutes, and cannot be told to stop sooner."""
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError):
        return False
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", f"{host}:{port}"]
    try:
        return subprocess.run(command, capture_output=True, timeout=CONNECT_SECONDS, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _said(error: BaseException) -> InputError:
    """The error of a worker in a sentence."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, DrupeletError):
            return InputError(f"a worker of Ray: {cause}")
        if isinstance(cause, ModuleNotFoundError) or "No module named 'drupelet" in str(cause):
            return InputError("a worker of Ray has no drupelet; pip install drupelet on every machine of the cluster")
        cause = getattr(cause, "cause", None) or cause.__cause__
    said = str(error).strip().splitlines()[-1]
    _, marked, sentence = said.partition(
        f"{DrupeletError.__module__}."
    )  # an actor that could not begin: its cause is text
    return InputError(f"a worker of Ray: {sentence.partition(': ')[2]}" if marked else f"Ray: {said:.300}")

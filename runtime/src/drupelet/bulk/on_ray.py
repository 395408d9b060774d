"""Answers parts on a Ray cluster, through Ray Data. Every machine reads the files of the input under the same paths."""

from __future__ import annotations

import socket

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
CONNECT_SECONDS = 10.0
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
    import pickle

    ray = _ray()
    if scorer.classifier.engine != ENGINE:
        raise InputError(
            f"--ray with engine {scorer.classifier.engine!r}: its answers differ from processor to processor; "
            f"expected --engine {ENGINE}"
        )
    _connect(ray, address)
    try:
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        found = ray.data.from_items([{"part": pickle.dumps(part)} for part in parts], override_num_blocks=None)
        actors = jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))
        answered = found.repartition(max(1, found.count())).map_batches(
            PartScorer,
            fn_constructor_args=(tables, scorer, __version__),
            batch_size=1,
            num_cpus=1,
            concurrency=(1, actors),
        )
        for row in answered.iter_rows():
            yield pickle.loads(row["part"]), pickle.loads(row["outcome"])  # noqa: S301 - our own
    except ray.exceptions.RayError as error:
        raise _said(error) from error
    finally:
        ray.shutdown()


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
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if address not in (LOCAL, "auto"):
        if not colon or not port.isdigit():
            raise InputError(f"--ray {address}: expected {LOCAL}, auto, HOST:PORT or ray://HOST:PORT")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
        except (OSError, OverflowError) as error:
            raise InputError(
                f"--ray {address}: cannot be reached ({error}); does its head run (ray start --head), and is its port open?"
            ) from error
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error", configure_logging=True)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise InputError(f"--ray {address}: {str(error).splitlines()[0]:.300}") from error


def _said(error: BaseException) -> InputError:
    """The error of a worker in a sentence."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, DrupeletError):
            return InputError(f"a worker of Ray: {cause}")
        if isinstance(cause, ModuleNotFoundError) or "No module named 'drupelet" in str(cause):
            return InputError("a worker of Ray has no drupelet; pip install drupelet on every machine of the cluster")
        cause = getattr(cause, "cause", None) or cause.__cause__
    return InputError(f"Ray: {str(error).strip().splitlines()[-1]:.300}")

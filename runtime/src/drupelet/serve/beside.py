"""Runs a server beside the thread that loads its models, checks them and swaps them."""

from __future__ import annotations

import threading

from drupelet.serve.stop_signals import StopSignals

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable

    from drupelet.serve.models import Models


def run_beside_models(
    models: Models,
    run: Callable[[], None],
    stop: Callable[[], None],
    hang_up: Callable[[], None],
    log: Callable[[str], None],
) -> None:
    """Has ``run`` answer while the models are loaded and kept, until SIGTERM or SIGINT call ``stop``; SIGHUP calls ``hang_up``.

    Raises what is wrong with a model that cannot be loaded at the start; ``stop`` is called for that, too.
    """
    failed: list[BaseException] = []

    def keep() -> None:
        try:
            models.load_all()
            log("ready")
            models.keep()
        except BaseException as error:  # noqa: BLE001 - raised in the thread of the server
            failed.append(error)
            stop()

    keeper = threading.Thread(target=keep, name="drupelet-models", daemon=True)
    with StopSignals(stop, hang_up):
        keeper.start()
        run()
    models.stop()
    if failed:
        raise failed[0]
    log("stopped")

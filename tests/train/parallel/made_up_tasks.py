"""What tasks can come to: a value, an error, a stop, the end of their worker."""

import os
import signal
import time
from pathlib import Path

from drupelet.errors import InputError
from drupelet_train.training.callbacks import TrainingInterruptedError
from drupelet_train.training.tasks import Task


def task(name, function, folder, *arguments):
    folder.mkdir(exist_ok=True)
    return Task(name, f"{__name__}:{function.__name__}", folder, arguments)


def add(folder, shared, value, callbacks):
    callbacks.progress.notice(f"adds {value}")
    (folder / "sum").write_text(str(shared + value))
    return shared + value


def slowly(folder, shared, callbacks):
    time.sleep(0.5)
    return os.getpid()


def die_at_first(folder, shared, callbacks):
    if not (folder / "begun").exists():
        (folder / "begun").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def die_at_first_elsewhere(folder, shared, marks, callbacks):
    return die_at_first(Path(marks), shared, callbacks)


def die(folder, shared, callbacks):
    os.kill(os.getpid(), signal.SIGKILL)


def write_and_fail(folder, shared, callbacks):
    (folder / "half").write_text("so far")
    raise InputError("that is wrong")


def fail(folder, shared, callbacks):
    raise InputError("that is wrong")


class OddError(Exception):
    def __init__(self):
        super().__init__("odd")
        self.held = open(os.devnull)  # noqa: PTH123, SIM115 - what cannot be pickled


def fail_oddly(folder, shared, callbacks):
    raise OddError


def until_stopped(folder, shared, callbacks):
    (folder / "pid").write_text(str(os.getpid()))
    while not callbacks.stop():
        time.sleep(0.01)
    (folder / "saved").touch()
    raise TrainingInterruptedError("interrupted in the middle")


def threads(folder, shared, callbacks):
    import tensorflow as tf

    return tf.config.threading.get_intra_op_parallelism_threads(), os.environ["OMP_NUM_THREADS"]

"""One thread for each task: the number of threads decides bits, and small networks side by side gain more than from threads."""

from __future__ import annotations

import os

from drupelet_train.library_import import libraries_loading

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def use_one_thread() -> None:
    """Limits numpy and TensorFlow to one thread in this process, which has computed nothing so far."""
    for name in THREAD_VARIABLES:
        os.environ[name] = "1"
    with libraries_loading():
        import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)

import subprocess
import sys


def test_tensorflow_and_numpy_have_one_thread():
    program = """
import os
from drupelet_train.parallel.one_thread import THREAD_VARIABLES, use_one_thread
use_one_thread()
import tensorflow as tf
threading = tf.config.threading
print(threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads())
print([os.environ[name] for name in THREAD_VARIABLES])
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "1 1\n['1', '1', '1']\n"

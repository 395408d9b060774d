"""The memory that a function takes, as Python and numpy allocate it."""

import tracemalloc


def traced(function):
    """What the function returns, and the most bytes that it held at a time."""
    function()  # what the first call imports does not count
    tracemalloc.start()
    try:
        return function(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

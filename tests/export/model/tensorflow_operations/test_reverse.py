"""The steps of texts of any length, and of none, in reverse order."""

from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reverse import Reverse
from export.model.small_graphs import Sketch, check_file


def test_a_layer_after_it_reads_from_the_end():
    sketch = Sketch()
    backwards = sketch.add(Reverse(), sketch.embedded())
    layer = Recurrent("rnn", "forward", "none", 3, "tanh", "linear", False, "last")
    check_file(sketch.model(sketch.add(layer, backwards)))

"""The sections of a model file that are not tensors: as an independent writer writes them, and as the runtime reads them."""

import pytest

from drupelet.graph_section import decode_graph, encode_graph
from drupelet.label_section import decode_labels
from drupelet.schemes import SCHEMES
from drupelet.text_section import decode_text_rules
from drupelet_export.emitters.sections import encode_labels, encode_text_rules
from runtime.format_writer import graph_section, labels_section, text_rules_section
from runtime.networks import SAMPLES
from runtime.text.examples import EXAMPLES


@pytest.mark.parametrize("rules", EXAMPLES.values(), ids=EXAMPLES)
def test_text_rules(rules):
    assert encode_text_rules(rules) == text_rules_section(rules)
    assert decode_text_rules(memoryview(encode_text_rules(rules))) == rules


@pytest.mark.parametrize("network", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_networks(network, scheme):
    assert encode_graph(network, scheme) == graph_section(network, scheme)
    assert decode_graph(memoryview(encode_graph(network, scheme))) == (network, scheme)


@pytest.mark.parametrize("labels", [("a", "b"), ("\u043f\u043b\u043e\u0445\u043e", "\U0001f600", "x" * 1024)])
def test_labels(labels):
    assert encode_labels(labels) == labels_section(labels)
    assert decode_labels(memoryview(encode_labels(labels))) == labels

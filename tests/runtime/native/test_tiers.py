"""Every tier gives the bits of scalar.c, and scalar.c answers like the oracle in float64, over the whole grammar."""

import itertools
from functools import cache

import pytest

from drupelet.operations.activation_names import ACTIVATIONS, RECURRENT_ACTIVATIONS
from drupelet.output import most_probable, probabilities
from drupelet.schemes import SCHEMES
from runtime.format_writer import model_file
from runtime.native.file_surgery import patched, u32, with_payload
from runtime.oracle import oracle_classifier
from runtime.rotation import each_with_one

pytestmark = pytest.mark.slow  # the kernel is the same on every Python

CELLS = {"lstm": ("lstm", False), "gru": ("gru", True), "gru before": ("gru", False)}
WAYS = [("forward", "none"), ("backward", "none"), *(("bidirectional", m) for m in ("concat", "sum", "mul", "ave"))]
TOLERANCES = {"f32": 1e-5, "f16": 1e-5, "wi8": 0.05, "wi4": 0.05}
TEXTS = [
    "",
    "nothing of it is known",
    "w003",
    "w001 what w002 w001",
    " ".join(f"w{number * number % 256:03}" for number in range(60)),
]
USUAL = ("tanh", "sigmoid")


def layer(cell="lstm", way=WAYS[0], activations=USUAL):
    name, reset_after = CELLS[cell]
    return (name, *way, *activations, reset_after)


def networks():
    """Names of networks, and what drawn_model is given for them: each part of the grammar with some of the others."""
    for cell, way in itertools.product(CELLS, WAYS):
        for pooling in ("last", "max", "average"):
            yield f"{cell}, {'-'.join(way)}, {pooling}", ([layer(cell, way)], {"pooling": pooling, "units": 5})
    # All functions of a state, and all of a gate. Pairs of those that have no bound explode, and so does a GRU whose update
    # gate is large, which multiplies the state by 1 minus the gate.
    functions = [
        *((name, "sigmoid") for name in RECURRENT_ACTIVATIONS),
        *(("tanh", name) for name in RECURRENT_ACTIVATIONS),
    ]
    for cell, (activation, gate) in itertools.product(CELLS, functions):
        if cell != "lstm" and gate in ("relu6", "exponential"):
            continue
        yield f"{cell}, {activation}-{gate}", ([layer(cell, activations=(activation, gate))], {"units": 3})
    for cell, units in itertools.product(CELLS, (1, 3, 16, 17, 24, 33, 64)):
        # Dimensions around wholes of four: the groups of an integer product.
        yield f"{cell}, {units} units", ([layer(cell)], {"units": units, "dim": units + 2})
    for dim in (1, 2, 3, 4, 15, 50):
        yield f"dim {dim}", ([layer(), layer("gru")], {"dim": dim, "units": 17})
    for first, second in itertools.product(WAYS, ["lstm", "gru", "gru before"]):
        yield f"stacked on {'-'.join(first)}, {second}", ([layer("gru", first), layer(second, WAYS[2])], {"units": 6})
    unbounded = layer("gru", WAYS[2], ("relu", "sigmoid"))
    yield "stacked on relu", ([unbounded, layer(), layer("gru before")], {"pooling": "average"})
    for dense in ACTIVATIONS:
        for pooling in ("last", "average"):
            yield f"dense {dense}, {pooling}", ([layer()], {"dense": (dense, "linear"), "pooling": pooling})
    for padding in ("pre", "post"):
        for pooling in ("last", "max", "average"):
            layers = [layer("gru", WAYS[2]), layer()]
            yield f"padding {padding}, {pooling}", (layers, {"padding": padding, "pooling": pooling})
    for outputs, output in ((1, "sigmoid"), (3, "sigmoid"), (2, "logits"), (17, "softmax")):
        yield f"{outputs} x {output}", ([layer()], {"outputs": outputs, "output": output})


NETWORKS = dict(networks())


@pytest.fixture(scope="module")
def described(drawn_model):
    """A function that draws a network, once for all schemes."""

    @cache
    def draw(name):
        layers, options = NETWORKS[name]
        return drawn_model(layers, **options)

    return draw


def bits(values):
    """Floats spelled so that equal bits are equal strings: NaN is itself, zero has a sign."""
    return [[value.hex() for value in row] for row in values]


@pytest.mark.parametrize(("name", "scheme"), each_with_one(NETWORKS, SCHEMES))
def test_a_network_answers_like_the_oracle_with_the_same_bits_on_every_tier(
    native, tiers, described, tmp_path, name, scheme
):
    content = model_file(described(name), scheme)
    logits, answers = {}, {}
    for tier in tiers:
        opened = native.Model(content, "drawn", tier)
        assert opened.tier == tier
        logits[tier] = opened.run([opened.encode(text) for text in TEXTS])
        answers[tier] = opened.answer(TEXTS)
    check_answers(oracle_classifier(written(tmp_path, content)), scheme, logits["scalar"], answers["scalar"])
    assert {tier: bits(rows) for tier, rows in logits.items()} == dict.fromkeys(logits, bits(logits["scalar"]))
    spelled = {
        tier: [(label, bits([values]), n_tokens) for label, _, values, n_tokens, *_ in rows]
        for tier, rows in answers.items()
    }
    assert spelled == dict.fromkeys(spelled, spelled["scalar"])


def written(folder, content):
    path = folder / "drawn.drupelet"
    path.write_bytes(content)
    return path


def check_answers(classifier, scheme, logits, answers):
    """The answers are near those of the oracle, and each is the softmax or sigmoid of its logits."""
    expected = classifier.predict(TEXTS)
    assert len(logits) == len(answers) == len(expected)
    output, labels = classifier.bundle.manifest.network.output, classifier.labels
    for text, row, answer, other in zip(TEXTS, logits, answers, expected):
        label, probability, values, n_tokens, *_ = answer
        assert values == pytest.approx(other.probabilities, abs=TOLERANCES[scheme], nan_ok=True), text
        assert values == pytest.approx(probabilities(row, output), abs=1e-15, nan_ok=True)
        assert n_tokens == other.n_tokens
        place = most_probable(values)
        assert (label, probability.hex()) == (labels[place], values[place].hex())


@pytest.mark.parametrize("bits", [0x7FC00000, 0x7FFFFFFF, 0xFFC00001, 0x7FC00101])
@pytest.mark.parametrize("scheme", ["f32", "wi8"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_weight_that_is_not_a_number_stays_one_whatever_its_bits(drawn_model, native, tiers, cell, scheme, bits):
    """exp added a number to the bits of its result, and some of these became numbers; which ones, depended on the compiler."""
    content = model_file(drawn_model([layer(cell)], units=5, pooling="last"), scheme)
    damaged = with_payload(content, "recurrent.1.forward.bias", lambda bias: patched(bias, 0, u32(bits)))
    for tier in tiers:
        for logits in native.Model(damaged, "drawn", tier).run([[5], [9, 200, 31]]):
            assert all(number != number for number in logits), tier

"""The int16 cells of the kernel give what this module computes with Python's integers, from csrc/int16_cell.h's description."""

import math
import struct

import pytest

from runtime.format_writer import model_file, stored_tensors
from runtime.oracle import oracle_of

pytestmark = pytest.mark.slow  # the kernel is the same on every Python

ONE = 1 << 15
ONE_OF_C = 3744
LIMIT = ONE / ONE_OF_C
CANDIDATE = 2


def clipped(x):
    return max(-ONE, min(ONE - 1, x))


def product(a, b):
    """The rounded product of two numbers over 2^15."""
    return (a * b + ONE // 2) >> 15


def one_minus_sigmoid(a):
    y = product(a, a - 16162)
    g = 30568 - a - product(y + 10508, y - a + 1623)
    for _ in range(3):
        g = product(g, g)
    return g


def sigmoid(z):
    return one_minus_sigmoid(z) ^ 0x7FFF if z >= 0 else one_minus_sigmoid(~z)


def tanh(z):
    return clipped(2 * one_minus_sigmoid(z)) ^ 0x7FFF if z >= 0 else ~(clipped(2 * one_minus_sigmoid(~z)) ^ 0x7FFF)


def float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def test_functions_are_within_their_error():
    """Over all arguments. Errors of one sign add up over the steps of a text, so their average is small."""
    errors = []
    for z in range(-ONE, ONE):
        x = z * LIMIT / ONE
        errors.append(sigmoid(z) / ONE - 1 / (1 + math.exp(-x)))
        assert abs(errors[-1]) < 2.9e-4
        assert abs(tanh(z) / ONE - math.tanh(x / 2)) < 5.7e-4
        assert sigmoid(z) >= 0
    assert abs(sum(errors)) / len(errors) < 1e-5
    assert [sigmoid(0), tanh(0), tanh(-1)] == [ONE // 2, 1, -2]


class Column:
    """A gate of a unit: its weights of the state, and the unit that its int16 values are counted in."""

    def __init__(self, gate, weights, scale, recurrent_bias=0.0):
        self.limit = LIMIT / 2 if gate == CANDIDATE else LIMIT
        most = sum(map(abs, weights)) * 127 * scale + abs(recurrent_bias)
        needed = (most + self.limit) / 32767
        nothing = most < self.limit / (1 << 16)
        self.weights = [0] * len(weights) if nothing else weights
        self.unit, self.shift = (needed if nothing else scale), 0
        while self.unit < needed:
            self.unit *= 2
            self.shift += 1
        self.half = self.unit / 2 if self.shift else 0.0
        in_units = (recurrent_bias + self.half) / self.unit
        self.bias = int(in_units - 0.5) if in_units < 0 else int(in_units + 0.5)

    @property
    def factor(self):
        return self.unit * ONE / self.limit

    @property
    def doublings(self):
        return next(n for n in range(20) if self.factor / (1 << n) <= 32767 / ONE)

    def products(self, state):
        """Of an int8 state, in the gate's units."""
        return clipped(sum(map(int.__mul__, self.weights, state)) >> self.shift)

    def in_units(self, gate):
        """The input's part of the gate, a float32."""
        return clipped(round(float32(gate * float32(1 / self.unit))))

    def scaled(self, value, doublings):
        value = product(value, int(self.factor / (1 << doublings) * ONE + 0.5))
        for _ in range(doublings):
            value = clipped(2 * value)
        return value


class Layer:
    """The first recurrent layer of a model in wi8, forward alone, from the integers of its file."""

    def __init__(self, model, units, gates):
        stored = {name: payload for name, _, _, payload in stored_tensors(model, "wi8")}
        self.units, self.gates = units, gates
        prefix = "recurrent.1.forward."
        width = gates * units
        kernel = struct.unpack(f"<{len(stored[prefix + 'kernel'])}b", stored[prefix + "kernel"])
        recurrent = struct.unpack(f"<{units * width}b", stored[prefix + "recurrent_kernel"])
        self.kernel = [kernel[row * width : (row + 1) * width] for row in range(len(kernel) // width)]
        self.scales = struct.unpack(f"<{width}f", stored[prefix + "kernel.scales"])
        scales = struct.unpack(f"<{width}f", stored[prefix + "recurrent_kernel.scales"])
        biases = struct.unpack(f"<{len(stored[prefix + 'bias']) // 4}f", stored[prefix + "bias"])
        of_products = biases[width:] or (0.0,) * width
        state_scale = float32(1 / 127)
        self.columns = [
            Column(
                column // units,
                recurrent[column::width],
                float32(scales[column] * state_scale),
                of_products[column] if gates == 3 and column // units == CANDIDATE else 0.0,
            )
            for column in range(width)
        ]
        self.bias = [
            float32(biases[n] + (float32(c.half) if gates == 4 or n // units < CANDIDATE else 0.0))
            if gates == 4 or n // units == CANDIDATE
            else float32(biases[n] + float32(of_products[n] + c.half))
            for n, c in enumerate(self.columns)
        ]
        self.doublings = max(column.doublings for column in self.columns)
        self.table = stored["embedding.0.table"]
        self.codes = stored["embedding.0.table.scale_codes"]
        self.row_scales = struct.unpack("<256f", stored["embedding.0.table.scale_table"])

    def projected(self, row_id):
        dim = len(self.kernel)
        row = struct.unpack(f"<{dim}b", self.table[dim * row_id : dim * (row_id + 1)])
        factor, gates = self.row_scales[self.codes[row_id]], []
        for n, column in enumerate(self.columns):
            total = float32(sum(weight[n] * value for weight, value in zip(self.kernel, row)))
            gate = float32(float32(float32(total * self.scales[n]) * factor) + self.bias[n])
            gates.append(column.in_units(gate))
        return gates

    def run(self, ids):
        """The last state, over 2^15."""
        c, h, state = [0] * self.units, [0] * self.units, [0] * self.units
        for t, row_id in enumerate(ids):
            x = self.projected(row_id)
            u = [column.products(state) if t else 0 for column in self.columns]
            step = self.lstm if self.gates == 4 else self.gru
            for unit in range(self.units):
                c[unit], h[unit] = step(x[unit :: self.units], u[unit :: self.units], unit, c[unit], h[unit])
            state = [product(value, 127) for value in h]
        return h

    def lstm(self, x, u, unit, c, _h):
        columns = self.columns[unit :: self.units]
        i, f, g, o = (col.scaled(clipped(a + b), self.doublings) for col, a, b in zip(columns, x, u))
        c = clipped(product(sigmoid(f), c) + product(product(sigmoid(i), tanh(g)), ONE_OF_C))
        return c, product(sigmoid(o), tanh(clipped(2 * c)))

    def gru(self, x, u, unit, _c, h):
        columns = self.columns[unit :: self.units]
        z, r = (sigmoid(columns[n].scaled(clipped(x[n] + u[n]), self.doublings)) for n in range(2))
        candidate = product(r, clipped(u[2] + columns[2].bias)) + x[2]
        candidate = tanh(columns[2].scaled(clipped(candidate), self.doublings))
        return 0, clipped(product(z, h) + product(z ^ 0x7FFF, candidate))


@pytest.mark.parametrize(("units", "input_factor"), [(3, 1), (16, 1), (24, 1), (40, 1), (40, 2**40)])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_every_tier_computes_these_integers(drawn_model, native, tiers, cell, units, input_factor):
    """A large factor gives gates that no int32 holds."""
    layer = (cell, "forward", "none", "tanh", "sigmoid", cell == "gru")
    model = drawn_model([layer], units=units, pooling="last", dim=units + 2)
    kernel = model.weights["recurrent.1.forward.kernel"]
    model = model.with_weights(recurrent__1__forward__kernel=[x * input_factor for x in kernel])
    reference = Layer(model, units, 4 if cell == "lstm" else 3)
    head = oracle_of(model, "wi8")
    content = model_file(model, "wi8")
    rows = [[5], [9, 200, 31], [(n * n) % 258 for n in range(3, 40)]]
    for tier in tiers:
        got = native.Model(content, "drawn", tier).run(rows)
        for ids, logits in zip(rows, got):
            state = [value / ONE for value in reference.run(ids)]
            weights = head._weights[-1]
            expected = [
                bias + sum(value * row[n] for value, row in zip(state, weights["kernel"]))
                for n, bias in enumerate(weights["bias"][0])
            ]
            assert list(logits) == pytest.approx(expected, abs=3e-6), (tier, ids)

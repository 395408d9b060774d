"""Tensors of a model file that an operation refuses: missing, of another shape, or out of range."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from drupelet.operations.convolution import Convolution
from drupelet.operations.value_type import steps_of
from runtime.native.operations.cases import SCALES, case
from runtime.native.operations.runner import built

PLAIN = case(Convolution(5, 3, 1, 1, 1, 0, 0), [steps_of(6, 4)])
QUANTIZED = case(Convolution(5, 3, 1, 1, 1, 0, 0), [steps_of(6, 4)], quantized=True)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return built(tmp_path_factory.mktemp("tensors"))


def with_tensors(of, **tensors):
    """The case with other tensors; None: without."""
    found = {**of.tensors, **{name.replace("_", "."): held for name, held in tensors.items()}}
    return replace(of, tensors={name: held for name, held in found.items() if held is not None})


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (with_tensors(PLAIN, bias=None), "tensor 'node.bias' is missing; export it again"),
        (
            with_tensors(PLAIN, bias=[[1.0] * 4]),
            "tensor 'node.bias' has dtype code 1, rank 1, shape 4 x 0, expected 1, 1, 5 x 0",
        ),
        (
            with_tensors(PLAIN, kernel=[[1.0] * 5] * 11),
            "'node.kernel' has dtype code 1, rank 2, shape 11 x 5, expected 1, 2, 12 x 5",
        ),
        (with_tensors(QUANTIZED, kernel_scales=None), f"tensor 'node.{SCALES}' is missing; export it again"),
        (
            with_tensors(QUANTIZED, kernel=[[-128.0] * 5] * 12),
            "'node.kernel' holds -128, expected -127 to 127; export it again",
        ),
    ],
)
def test_a_tensor_that_is_refused(program, refused, sentence):
    done = subprocess.run([program, "scalar"], input=refused.request(), capture_output=True, check=False)
    assert done.returncode == 2
    assert sentence in done.stderr.decode()

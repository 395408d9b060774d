"""The options that name a model, with the values that stand for nothing said."""

import argparse

from drupelet.cli.model_options import declare_bundle, declare_engine


def test_the_bundle_stands_first_and_the_engine_is_chosen():
    parser = argparse.ArgumentParser()
    declare_bundle(parser)
    declare_engine(parser)
    assert vars(parser.parse_args(["x"])) == {"bundle": "x", "engine": "auto", "scheme": None}
    assert vars(parser.parse_args(["--scheme", "wi8", "x", "--engine", "onnx"])) == {
        "bundle": "x", "engine": "onnx", "scheme": "wi8"
    }  # fmt: skip

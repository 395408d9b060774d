from dataclasses import replace

import keras
import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet_train.config import FLOAT_BITS, TrainConfig
from drupelet_train.network.model import OUTPUT, build_model
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.checkpoints import Checkpoints
from drupelet_train.training.examples import Dataset, Examples
from drupelet_train.training.members import joined_config, joined_weights, member_config, train_members
from drupelet_train.training.progress import LineProgress
from runtime.rotation import every_nth

CONFIG = TrainConfig(
    embedding="random", vocabulary_size=20, embedding_dim=4, units=3, members=3, embedding_bits=4, epochs=4,
    quantized_epochs=1, batch_size=8, max_tokens=9,
)  # fmt: skip


def logits(model, ids):
    """The outputs of the head before its activation."""
    head = model.get_layer(OUTPUT)
    below = keras.Model(model.inputs, head.input)
    return below.predict(ids, verbose=0) @ head.kernel.numpy() + head.bias.numpy()


def some_ids():
    ids = np.random.default_rng(5).integers(1, 20, (12, 9)).astype(np.int32)
    ids[:6, :4] = 0
    return ids


@pytest.mark.parametrize(
    ("cell", "bidirectional", "pooling", "output"),
    every_nth(
        5,
        (
            (cell, bidirectional, *ending)
            for ending in [("last", "softmax"), ("max", "sigmoid"), ("average", "softmax"), ("max+average", "softmax")]
            for bidirectional in [False, True]
            for cell in ["lstm", "gru"]
        ),
    ),
)
def test_the_joined_network_gives_the_mean_of_the_members_logits(cell, bidirectional, pooling, output):
    config = replace(CONFIG, cell=cell, bidirectional=bidirectional, pooling=pooling, output=output)
    rows = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)
    members = [build_model(member_config(config, member), rows, 2) for member in range(3)]
    generator = np.random.default_rng(2)
    for model in members:
        model.set_weights([generator.normal(0, 0.5, w.shape).astype(np.float32) for w in model.get_weights()])
    weights = joined_weights([model.get_weights() for model in members], config.units)
    joined = build_model(joined_config(config), weights[0], 2)
    joined.set_weights(weights)
    expected = np.mean([logits(model, some_ids()) for model in members], axis=0)
    np.testing.assert_allclose(logits(joined, some_ids()), expected, atol=2e-6)
    assert np.abs(expected - logits(members[0], some_ids())).max() > 0.05


def test_members_differ_in_their_seeds_alone():
    configs = [member_config(CONFIG, member) for member in range(3)]
    assert len({config.seed for config in configs}) == 3
    assert {replace(config, seed=1) for config in configs} == {
        replace(CONFIG, members=1, epochs=3, embedding_bits=FLOAT_BITS)
    }
    assert {member_config(replace(CONFIG, seed=2), member).seed for member in range(3)}.isdisjoint(
        config.seed for config in configs
    )


def test_one_member_is_the_network_itself():
    config = replace(CONFIG, members=1)
    assert joined_config(config) is config


@pytest.mark.parametrize(
    "changes", [{"layers": 2}, {"embedding_bits": FLOAT_BITS}, {"quantized_epochs": 4}], ids=lambda c: next(iter(c))
)
def test_what_cannot_be_joined_is_refused(changes):
    with pytest.raises(
        InputError, match=r"members is 3, expected 1 with .*: members need layers = 1, embedding_bits = 4 or 8"
    ):
        TrainConfig(**{**CONFIG.to_json(), **changes})


def test_finished_members_are_not_trained_again(tmp_path, capsys):
    ids = some_ids()
    examples = Examples(ids, np.eye(2, dtype=np.float32)[np.arange(12) % 2], "pre")
    rows = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)

    def joined(folder, **callbacks):
        dataset = Dataset.constant(examples, examples)
        places = Checkpoints(folder, "run")
        return train_members(CONFIG, rows, 2, lambda student: dataset, places, Callbacks(LineProgress(), **callbacks))

    watched = []
    weights, history = joined(tmp_path / "whole", before_epoch=lambda epochs: watched.append(len(epochs)))
    assert watched == [0, 1, 2]
    assert [record.epoch for record in history] == [0, 1, 2]
    assert all(record.embedding_bits == FLOAT_BITS for record in history)
    said = capsys.readouterr().err
    assert said.count("network ") == 3
    losses = [float(line.split("validation loss ")[1].split(",")[0]) for line in said.splitlines() if "1/3" in line]
    assert len(set(losses)) == 3
    assert history[0].validation_loss == pytest.approx(np.mean(losses), abs=1e-4)

    asked = []
    with pytest.raises(TrainingInterruptedError):
        joined(tmp_path / "cut", stop=lambda: len(asked) > 8 or asked.append(None))
    capsys.readouterr()
    resumed, again = joined(tmp_path / "cut")
    assert capsys.readouterr().err.count("epoch 1/3") < 3
    for ours, theirs in zip(resumed, weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert [record.validation_loss for record in again] == [record.validation_loss for record in history]

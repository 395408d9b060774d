"""Texts with several labels, from a file to a device: training, the exporter and ``drupelet eval`` tell the same figures."""

import argparse
import json

import drupelet
from drupelet.engines.smoke_test import CHILD_VARIABLE
from drupelet.run_folder import RECORD
from drupelet_train.commands import TRAIN

WORDS = {"late": "delivery", "torn": "repair", "refund": "billing"}
SETTINGS = {
    "embedding": "random",
    "embedding_dim": 16,
    "units": 12,
    "pooling": "max",
    "max_tokens": 12,
    "dropout": 0.0,
    "word_dropout": 0.0,
    "head_dropout": 0.0,
    "learning_rate": 0.03,
    "embedding_learning_rate": 0.03,
    "batch_size": 16,
    "epochs": 16,
}


def write(path, count, start=0):
    """Texts of which each word of WORDS is a label; every fifth label is left out, so that no model is always right."""
    rows = ["Message;Teams;Ticket"]
    for n in range(start, start + count):
        words = [word for place, word in enumerate(WORDS) if n >> place & 1]
        labels = [WORDS[word] for place, word in enumerate(words) if (n + place) % 5]
        rows.append(f"my order {' and '.join(words) or 'is fine'} {n};{'|'.join(labels)};{n // 2}")
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def run(command, *arguments):

    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.run(parser.parse_args(list(map(str, arguments))))


def test_a_model_of_several_labels_reaches_the_device_with_its_figures(tmp_path, monkeypatch, capsys):
    from drupelet.cli.eval import COMMAND as EVAL
    from drupelet_export.cli.export import EXPORT

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(CHILD_VARIABLE, "1")  # no smoke tests, which take most of the time: other tests run them
    test = write(tmp_path / "test.csv", 60, start=1000)
    columns = ("--text-column", "Message", "--label-column", "Teams")
    given = ("--data", write(tmp_path / "texts.csv", 240), "--test", test, "--multi-label", "--group-column", "Ticket")
    settings = [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={value}")]
    assert run(TRAIN, *given, *columns, *settings, "--out", tmp_path / "run") == 0
    scores = json.loads((tmp_path / "run" / RECORD).read_text())["metrics"]["held_out"]
    assert scores["n"] == 60
    assert 0.3 < scores["accuracy"] < 1

    assert run(EXPORT, tmp_path / "run", "--schemes", "f32,wi8", "--out", tmp_path / "bundle") == 0
    bundle = drupelet.open_bundle(tmp_path / "bundle")
    assert bundle.manifest.network.is_multi_label
    assert bundle.manifest.labels == ("billing", "delivery", "repair")
    assert drupelet.verify(bundle).passed
    capsys.readouterr()
    assert run(EVAL, tmp_path / "bundle", test, *columns, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["accuracy"], found["macro_f1"]) == (scores["accuracy"], scores["macro_f1"])

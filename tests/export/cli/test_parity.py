"""``drupelet parity`` as users type it: exit status, stdout and stderr."""

import json
from pathlib import Path


def test_parity_works_from_within_a_bundle(run, run_folder, tmp_path, monkeypatch):
    assert run("export", run_folder, "--formats", "drupelet", "--out", tmp_path / "tiny")[0] == 0
    run_folder.rename(tmp_path / "tiny-source")
    monkeypatch.chdir(tmp_path / "tiny")
    status, out, err = run("parity", ".", "--json")
    assert (status, json.loads(out)["passed"]) == (0, True), err


def test_parity_that_fails_is_a_failed_check(run, exported, saved_model, vocabulary_file, tmp_path):
    words = vocabulary_file.read_text().splitlines()
    other = tmp_path / "other.txt"
    other.write_text("\n".join([*words[:2], words[3], words[2], *words[4:]]) + "\n")
    status, out, _ = run(
        "parity", exported.bundle.path, "--model", saved_model, "--vocab", other, "--labels", "bad,good",
        "--tokenizer", "alnum", "--max-tokens", 6, "--keep", "head", "--engine", "numpy", "--json",
    )  # fmt: skip
    assert (status, json.loads(out)["passed"]) == (1, False)


def test_parity_needs_a_model(run, exported):
    status, _, err = run("parity", exported.bundle.path)
    assert status == 2
    beside = Path(exported.bundle.path).with_name("tiny-source")
    assert f"it was exported from is not known, because there is no folder {beside}; give --model MODEL" in err


def test_parity_of_a_missing_bundle(run, tmp_path):
    status, _, err = run("parity", tmp_path / "nothing")
    assert (status, "nothing: not found; expected a bundle folder" in err) == (2, True)


def test_parity_writes_no_page_into_the_bundle(run, exported):
    page = Path(exported.bundle.path) / "page.html"
    status, out, err = run("parity", exported.bundle.path, "--model", "nowhere", "--report", page)
    assert (status, out) == (2, "")
    assert "page.html: is inside a bundle" in err  # although --model is wrong too
    assert not page.exists()

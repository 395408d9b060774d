import pytest

from drupelet.goldens import without_users_texts, write_goldens
from runtime.format_writer import model_file
from runtime.networks import SAMPLES, model_of


def test_everything_is_shown(run, bundle_folder):
    status, out, err = run("inspect", bundle_folder)
    assert (status, err) == (0, "")
    for line in (
        "tiny, written by make_bundle_v3.py, parity not run",
        "network     Embedding(16 x 4) -> LSTM(3) -> Dense(2) -> softmax",
        "labels      negative, positive",
        "text rules  alnum, 8 tokens, ends",
        "goldens     9 texts",
        "vocabulary  12 words, 104 bytes, 8.67 a word; in model.f32.drupelet 98 bytes, 8.17 a word",
    ):
        assert line in out.splitlines()
    assert '{"opset": 13}' in out


@pytest.mark.parametrize("kind", ["folder", "zip", "single file"])
def test_the_ledger_accounts_for_every_byte(run_json, bundle_folder, tmp_path, as_zip, kind):
    model_file = bundle_folder / "model.f32.drupelet"
    place = {"folder": bundle_folder, "zip": as_zip(bundle_folder, tmp_path / "tiny.zip"), "single file": model_file}[
        kind
    ]
    status, document = run_json("inspect", place)
    assert status == 0
    assert document["schema_version"] == 1
    sizes = {file["file"]: file["size_bytes"] for file in document["files"]}
    assert {name: sum(parts.values()) for name, parts in document["ledger_bytes"].items()} == sizes
    assert [size for name, size in sizes.items() if name.endswith(".drupelet")] == [model_file.stat().st_size]
    for name, parts in document["ledger_bytes"].items():
        assert list(parts) == ["embedding", "recurrent", "convolution", "dense", "other", "vocabulary", "container"]
        rows = 14 if name.endswith(".drupelet") else 16  # Keras has two rows that belong to no word
        sizes = (rows * 4 * 4, 4 * 12 * (4 + 3 + 1), 4 * 2 * 4)
        assert (parts["embedding"], parts["recurrent"], parts["dense"]) == sizes
        assert parts["vocabulary"] == (98 if name.endswith(".drupelet") else 0)
        assert parts["container"] > 0
    assert document["drupelet_file"].endswith(".drupelet")
    assert document["drupelet_sections_bytes"]["embedding.0.table"] == 14 * 4 * 4
    assert document["drupelet_sections_bytes"]["vocabulary"] == 98
    size_bytes = 98 if kind == "single file" else 104
    assert document["vocabulary"] == {
        "kind": "rank" if kind == "single file" else "table",
        "words": 12,
        "size_bytes": size_bytes,
        "bytes_per_word": size_bytes / 12,
        "in_drupelet_file_size_bytes": 98,
    }
    native = next(file for file in document["files"] if file["format"] == "drupelet")
    assert (native["engines"], native["size_bytes"]) == (["native", "numpy"], model_file.stat().st_size)


def test_no_limit_of_tokens(run, bundle_folder, edit_manifest, bundle_copy):
    def change(data):
        data["text_rules"]["max_tokens"] = data["network"]["max_tokens"] = None

    edit_manifest(bundle_copy, change)
    assert "text rules  alnum, all tokens" in run("inspect", bundle_copy)[1].splitlines()


def test_a_bundle_without_a_drupelet_file_has_no_sections(run, run_json, bundle_copy, edit_manifest):
    edit_manifest(bundle_copy, lambda data: data["models"].pop(0))
    document = run_json("inspect", bundle_copy)[1]
    assert list(document["ledger_bytes"]) == ["model.f32.onnx"]
    assert (document["drupelet_file"], document["drupelet_sections_bytes"]) == (None, {})
    shown = run("inspect", bundle_copy)[1]
    assert "where the bytes go" in shown
    assert "sections of" not in shown


def test_the_sections_are_shown(run, bundle_folder):
    lines = run("inspect", bundle_folder)[1].splitlines()
    assert any("sections of model.f32.drupelet" in line for line in lines)
    assert any("recurrent.1.forward.kernel" in line and "192" in line for line in lines)


def test_a_changed_file_is_status_2(run, bundle_copy):
    (bundle_copy / "model.f32.drupelet").write_bytes(b"")
    status, out, err = run("inspect", bundle_copy)
    assert (status, out) == (2, "")
    assert "model.f32.drupelet: 0 bytes, the manifest says" in err


def test_texts_that_are_left_out_are_said(run, run_json, bundle_copy, replace_file, goldens):
    replace_file(bundle_copy, "goldens.jsonl", write_goldens(without_users_texts(goldens)))
    out = run("inspect", bundle_copy)[1]
    assert "goldens     4 of 9 texts left out: their SHA-256, ids and answers only" in out.splitlines()
    assert run_json("inspect", bundle_copy)[1]["goldens"] == {"n": 9, "without_text": 4}


def test_a_bundle_without_goldens_has_no_line_of_them(run, run_json, bundle_folder):
    file = bundle_folder / "model.f32.drupelet"
    assert "goldens" not in run("inspect", file)[1]
    assert run_json("inspect", file)[1]["goldens"] is None


def test_a_network_with_branches_is_shown_operation_by_operation(run, tmp_path):
    (tmp_path / "cnn.drupelet").write_bytes(model_file(model_of(SAMPLES["text cnn"])))
    lines = run("inspect", tmp_path / "cnn.drupelet")[1].splitlines()
    first = lines.index("network     0   Embedding(14 x 4)")
    assert lines[first + 1 : first + 5] == [
        "            1   Conv1D(3, kernel 2)",
        "            2   relu",
        "            3   max pooling",
        "            4   Conv1D(3, kernel 3) of operation 0",
    ]
    assert lines[first + 10 : first + 14] == [
        "            10  Concatenate of operation 3, operation 6, operation 9",
        "            11  Dense(3)",
        "                softmax",
        "labels      label0, label1, label2",
    ]


def test_a_pattern_that_is_none_is_status_2(run, bundle_copy, edit_manifest):
    def change(data):
        data["text_rules"]["steps"].insert(0, {"step": "substitute", "pattern": "a*", "replacement": ""})

    edit_manifest(bundle_copy, change)
    status, out, err = run("inspect", bundle_copy)
    assert (status, out) == (2, "")
    assert "the pattern can match the empty text" in err

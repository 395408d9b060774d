import pytest


def test_everything_is_shown(run, bundle_folder):
    status, out, err = run("inspect", bundle_folder)
    assert (status, err) == (0, "")
    for line in (
        "tiny, written by make_bundle_v1.py, parity not run",
        "network     Embedding(14 x 4) -> LSTM(3) -> last state -> Dense(2, softmax)",
        "labels      negative, positive",
        "tokenizer   alnum, 8 tokens, ends",
        "vocabulary  12 words, 94 bytes, 7.83 a word",
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
    assert sum(document["ledger_bytes"].values()) == model_file.stat().st_size
    assert document["ledger_bytes"]["embedding"] == 14 * 4 * 4
    assert document["vocabulary"]["words"] == 12
    native = next(file for file in document["files"] if file["format"] == "native")
    assert (native["engines"], native["size_bytes"]) == (["numpy"], model_file.stat().st_size)


def test_no_limit_of_tokens(run, bundle_folder, edit_manifest, bundle_copy):
    def change(data):
        data["tokenizer"]["max_tokens"] = data["architecture"]["max_tokens"] = None

    edit_manifest(bundle_copy, change)
    assert "tokenizer   alnum, all tokens" in run("inspect", bundle_copy)[1].splitlines()


def test_a_bundle_without_a_drupelet_file_has_no_ledger(run, run_json, bundle_copy, edit_manifest):
    edit_manifest(bundle_copy, lambda data: data["models"].pop(0))
    assert run_json("inspect", bundle_copy)[1]["ledger_bytes"] == {}
    assert "where the bytes" not in run("inspect", bundle_copy)[1]


def test_a_changed_file_is_status_2(run, bundle_copy):
    (bundle_copy / "model.f32.drupelet").write_bytes(b"")
    status, out, err = run("inspect", bundle_copy)
    assert (status, out) == (2, "")
    assert "model.f32.drupelet: 0 bytes, the manifest says" in err

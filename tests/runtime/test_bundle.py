import hashlib
import os
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import drupelet
from drupelet.bundle import MAX_FILE_BYTES, begin_bundle, open_bundle
from drupelet.errors import (
    BundleReplacedError,
    FormatError,
    InputError,
    IntegrityError,
    SignatureError,
    VersionError,
)
from drupelet.manifest import MAX_MANIFEST_BYTES
from drupelet.signature import Signature
from drupelet.value import is_late
from runtime.format_writer import model_file, table_vocabulary_file, vocabulary_file
from runtime.networks import GOLDEN_BUNDLE
from runtime.signer import NAME, key_line, signature_file

FILES = ("model.f32.drupelet", "model.f32.onnx", "vocabulary.bin", "goldens.jsonl")


def every_file(bundle):
    return [bundle.read(entry) for entry in bundle.manifest.files()]


def flip(path, at=-1):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_folder_zip_and_single_file_answer_the_same(bundle_folder, tmp_path, as_zip, goldens, any_engine):
    texts = [golden.whole_text for golden in goldens]
    from_folder = drupelet.load(bundle_folder, any_engine).predict(texts)
    single = tmp_path / "alone.drupelet"
    single.write_bytes((bundle_folder / "model.f32.drupelet").read_bytes())
    stored = as_zip(bundle_folder, tmp_path / "stored", zipfile.ZIP_STORED)
    for place in (single, as_zip(bundle_folder, tmp_path / "tiny.zip"), stored, str(single)):
        assert drupelet.load(place, any_engine).predict(texts) == from_folder


def test_the_golden_of_format_2_opens_and_every_file_is_right():
    bundle = open_bundle(GOLDEN_BUNDLE)
    assert len(every_file(bundle)) == 5
    assert bundle.manifest.name == "tiny"
    assert (bundle.vocabulary().kind, bundle.vocabulary().id_count) == ("table", 16)


def test_a_single_file_is_a_bundle_of_itself(bundle_folder):
    bundle = open_bundle(bundle_folder / "model.f32.drupelet")
    assert bundle.manifest.labels == ("negative", "positive")
    assert (bundle.manifest.name, bundle.manifest.verdict) == ("model.f32", "not run")
    assert bundle.manifest.goldens is None
    assert bundle.read(bundle.manifest.models[0].entry) == (bundle_folder / "model.f32.drupelet").read_bytes()
    assert list(bundle.vocabulary()) == list(open_bundle(bundle_folder).vocabulary())


@pytest.mark.parametrize(("verdict", "scheme"), [("passed", "wi4"), ("failed", "wi8"), ("not run", "wi8")])
def test_the_smallest_file_of_a_format_that_passed_or_that_of_a_scheme(bundle_copy, edit_manifest, verdict, scheme):
    def add(data):
        (model,) = (model for model in data["models"] if model["format"] == "drupelet")
        larger, smaller = model["size_bytes"] + 1, model["size_bytes"] - 1
        data["models"].insert(0, {**model, "file": "model.wi8.drupelet", "scheme": "wi8", "size_bytes": larger})
        data["models"].append({**model, "file": "model.wi4.drupelet", "scheme": "wi4", "size_bytes": smaller})
        data["verdict"] = verdict

    edit_manifest(bundle_copy, add)
    bundle = open_bundle(bundle_copy)
    assert bundle.model("drupelet").scheme == scheme
    assert bundle.model("drupelet", "f32").entry.file == "model.f32.drupelet"
    assert bundle.model("drupelet", "f16") is None
    assert bundle.model("tflite") is None


def test_a_bundle_may_be_reached_by_a_symlink(bundle_folder, tmp_path):
    (tmp_path / "latest").symlink_to(bundle_folder)
    assert every_file(open_bundle(tmp_path / "latest"))


EXPECTED = r"expected a bundle folder, a \.zip of one, or a \.drupelet file"


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match=rf"gone: not found; {EXPECTED}"):
        open_bundle(tmp_path / "gone")


def test_a_folder_that_is_no_bundle(tmp_path):
    with pytest.raises(InputError, match=rf"a folder without manifest\.json; {EXPECTED}"):
        open_bundle(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x89", b"hello", b"PK\x03\x04", bytes(100), b"TFL3" * 9])
def test_a_file_that_is_no_bundle(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"neither a \.zip nor a \.drupelet file by its first bytes; {EXPECTED}"):
        open_bundle(path)


def test_a_folder_that_holds_a_bundle_names_it(bundle_folder):
    with pytest.raises(InputError, match=r"without manifest\.json, but .*/tiny has one; give that folder; expected"):
        open_bundle(bundle_folder.parent)


def test_a_place_below_a_file(bundle_folder):
    with pytest.raises(InputError, match=rf"cannot be read \(Not a directory\); {EXPECTED}"):
        open_bundle(bundle_folder / "manifest.json" / "x")


@pytest.mark.parametrize("location", ["x" * 300, "a\0b", "\ud800"], ids=["long", "nul", "surrogate"])
def test_a_place_that_no_file_system_has(location):
    with pytest.raises(InputError, match=EXPECTED):
        open_bundle(location)


@pytest.mark.parametrize("location", [None, 0, ["x"]])
def test_what_is_no_place_at_all(location):
    with pytest.raises(
        InputError, match=rf"cannot be read \(expected str, bytes or os\.PathLike object.*\); {EXPECTED}"
    ):
        open_bundle(location)


def test_a_place_may_be_written_in_any_way_that_the_system_takes(bundle_folder, monkeypatch):
    monkeypatch.chdir(bundle_folder.parent)
    for location in (bundle_folder, "tiny", "tiny/", "./tiny//", b"tiny", Path("tiny")):
        bundle = open_bundle(location)
        assert isinstance(bundle.path, str)
        assert every_file(bundle)
    monkeypatch.chdir(bundle_folder)
    assert every_file(open_bundle("."))


def test_a_fifo_does_not_block(tmp_path, run_in_little_memory):
    os.mkfifo(tmp_path / "fifo")
    done = run_in_little_memory("sys.exit(drupelet.cli.main(['inspect', sys.argv[1]]))", tmp_path / "fifo", seconds=5)
    assert done.returncode == 2


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte(bundle_copy, name):
    flip(bundle_copy / name)
    with pytest.raises(
        IntegrityError, match=rf"tiny: {name}: sha256 \w{{12}}\.\.\., the manifest says \w{{12}}\.\.\.; copy the bundle"
    ):
        every_file(open_bundle(bundle_copy))


@pytest.mark.parametrize("name", FILES)
def test_a_shorter_longer_and_missing_file(bundle_copy, name):
    path = bundle_copy / name
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    size = len(content)
    with pytest.raises(IntegrityError, match=rf"{name}: {size - 1} bytes, the manifest says {size}; copy the bundle"):
        every_file(open_bundle(bundle_copy))
    path.write_bytes(content + b"\0")
    with pytest.raises(IntegrityError, match=rf"{name}: more than {size} bytes, the manifest says {size}; copy the"):
        every_file(open_bundle(bundle_copy))
    path.unlink()
    with pytest.raises(IntegrityError, match=rf"{name}: missing; copy the bundle again"):
        every_file(open_bundle(bundle_copy))


def test_a_newer_bundle(bundle_copy, edit_manifest):
    edit_manifest(bundle_copy, lambda data: data.update(format_version=4))
    with pytest.raises(VersionError, match=r"manifest\.json: bundle format 4, this release reads 3; upgrade drupelet"):
        open_bundle(bundle_copy)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"format": "drupelet-bundle", "format": 1}', b'{"format": NaN}', b"\xff"]
)
def test_a_manifest_that_is_none_names_the_bundle(bundle_copy, text):
    (bundle_copy / "manifest.json").write_bytes(text)
    with pytest.raises(FormatError, match=r"tiny/manifest\.json: "):
        open_bundle(bundle_copy)


@pytest.mark.parametrize("padding", [b" " * MAX_MANIFEST_BYTES, b"[" * MAX_MANIFEST_BYTES])
def test_a_manifest_that_is_too_large(bundle_copy, padding):
    path = bundle_copy / "manifest.json"
    path.write_bytes(path.read_bytes() + padding)
    with pytest.raises(FormatError, match=rf"manifest\.json.*{MAX_MANIFEST_BYTES}"):
        open_bundle(bundle_copy)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "sub/secret", "..", "secret\0"])
def test_an_entry_that_points_elsewhere(bundle_copy, edit_manifest, name):
    (bundle_copy.parent / "secret").write_text("x")
    edit_manifest(bundle_copy, lambda data: data["vocabulary"].update(file=name))
    with pytest.raises(
        FormatError, match=r"file name '.*', expected letters, digits, .* do not use this bundle unless"
    ):
        open_bundle(bundle_copy)


@pytest.mark.parametrize("target", ["../secret", "/etc/hostname", "../gone"])
def test_a_symlink_out_of_the_bundle(bundle_copy, target):
    (bundle_copy.parent / "secret").write_bytes((bundle_copy / "vocabulary.bin").read_bytes())
    (bundle_copy / "vocabulary.bin").unlink()
    (bundle_copy / "vocabulary.bin").symlink_to(target)
    with pytest.raises(FormatError, match=r"tiny/vocabulary\.bin: points outside the bundle; do not use this bundle"):
        open_bundle(bundle_copy).vocabulary()


def test_a_manifest_that_is_a_symlink_out_of_the_bundle(bundle_copy):
    (bundle_copy / "manifest.json").rename(bundle_copy.parent / "manifest.json")
    (bundle_copy / "manifest.json").symlink_to("../manifest.json")
    with pytest.raises(FormatError, match=r"manifest\.json: points outside the bundle"):
        open_bundle(bundle_copy)


def test_a_symlink_to_itself(bundle_copy):
    (bundle_copy / "vocabulary.bin").unlink()
    (bundle_copy / "vocabulary.bin").symlink_to("vocabulary.bin")
    with pytest.raises(FormatError, match=r"tiny/vocabulary\.bin: is a link to itself; copy the bundle again"):
        open_bundle(bundle_copy).vocabulary()


def test_a_symlink_within_the_bundle_is_fine(bundle_copy):
    (bundle_copy / "vocabulary.bin").rename(bundle_copy / "words")
    (bundle_copy / "vocabulary.bin").symlink_to("words")
    assert open_bundle(bundle_copy).vocabulary()


@pytest.mark.parametrize("name", ["vocabulary.bin", "manifest.json"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["fifo", "directory"])
def test_something_else_than_a_file(bundle_copy, name, make):
    (bundle_copy / name).unlink()
    make(bundle_copy / name)
    with pytest.raises(FormatError, match=rf"{name}: not a regular file; copy the bundle again"):
        open_bundle(bundle_copy).vocabulary()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_read_permission(bundle_copy):
    (bundle_copy / "vocabulary.bin").chmod(0)
    with pytest.raises(InputError, match=r"vocabulary\.bin: cannot be read \(Permission denied\)"):
        open_bundle(bundle_copy).vocabulary()


def test_a_file_that_fails_while_it_is_read(bundle_folder, monkeypatch):
    def fail(*_):
        raise PermissionError(13, "Permission denied")

    bundle = open_bundle(bundle_folder)
    monkeypatch.setattr("drupelet.regular_file.os.open", fail)
    with pytest.raises(InputError, match=r"vocabulary\.bin: cannot be read \(Permission denied\)"):
        bundle.vocabulary()


def test_an_absurd_size_is_not_even_tried(bundle_copy, edit_manifest):
    edit_manifest(bundle_copy, lambda data: data["vocabulary"].update(size_bytes=10**30))
    with pytest.raises(FormatError, match=rf"vocabulary\.bin: {10**30} bytes, expected at most {MAX_FILE_BYTES}"):
        open_bundle(bundle_copy).vocabulary()


def test_a_size_that_is_announced_takes_no_memory(bundle_copy, edit_manifest, run_in_little_memory):
    edit_manifest(bundle_copy, lambda data: data["vocabulary"].update(size_bytes=MAX_FILE_BYTES))
    edit_manifest(bundle_copy, lambda data: data["goldens"].update(size_bytes=MAX_FILE_BYTES))
    done = run_in_little_memory("sys.exit(drupelet.cli.main(['tokens', sys.argv[1], 'a good film']))", bundle_copy)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"the manifest says {MAX_FILE_BYTES}; copy the bundle again" in done.stderr
    code = """
bundle = drupelet.open_bundle(sys.argv[1])
print(len(bundle.read_unchecked(bundle.manifest.vocabulary)))
"""
    done = run_in_little_memory(code, bundle_copy)
    assert (done.returncode, int(done.stdout)) == (0, (bundle_copy / "vocabulary.bin").stat().st_size)


def test_a_huge_single_file_is_not_read_whole(tmp_path, bundle_folder, run_in_little_memory):
    path = tmp_path / "huge.drupelet"
    path.write_bytes((bundle_folder / "model.f32.drupelet").read_bytes())
    os.truncate(path, MAX_FILE_BYTES + 1)
    done = run_in_little_memory("sys.exit(drupelet.cli.main(['inspect', sys.argv[1]]))", path)
    assert done.returncode == 2
    assert str(MAX_FILE_BYTES) in done.stderr


def test_vocabulary_and_model_of_two_exports(bundle_copy, replace_file):
    replace_file(bundle_copy, "vocabulary.bin", table_vocabulary_file({"a": 2, "b": 3}, 4))
    with pytest.raises(
        FormatError,
        match=r"the vocabulary has ids up to 3, the embedding has 16 rows; they come from different exports",
    ):
        open_bundle(bundle_copy).vocabulary()


def test_an_unknown_id_that_the_embedding_lacks(bundle_copy, edit_manifest):
    edit_manifest(bundle_copy, lambda data: data["text_rules"].update(unknown_id=16))
    with pytest.raises(FormatError, match=r"tiny: unknown_id is 16, the embedding has 16 rows"):
        open_bundle(bundle_copy).vocabulary()


def test_a_vocabulary_without_the_ids_of_keras(bundle_copy, replace_file):
    replace_file(bundle_copy, "vocabulary.bin", vocabulary_file(["a", "b"], 14))
    message = r"tiny: vocabulary\.bin: vocabulary of kind rank, expected table; export it again"
    with pytest.raises(FormatError, match=message):
        open_bundle(bundle_copy).vocabulary()


def test_an_unknown_id_of_a_single_file_that_is_a_words(model, tmp_path):
    path = tmp_path / "odd.drupelet"
    path.write_bytes(model_file(model.with_text_rules(replace(model.text_rules, unknown_id=2))))
    message = r"odd\.drupelet: unknown_id is 2, expected an id below 2, where those of words begin; export it again"
    with pytest.raises(FormatError, match=message):
        open_bundle(path).vocabulary()


def test_a_vocabulary_that_is_no_vocabulary_is_named(bundle_copy, replace_file):
    replace_file(bundle_copy, "vocabulary.bin", b"word\n" * 20)
    with pytest.raises(FormatError, match=r"tiny: vocabulary\.bin: starts with b'word"):
        open_bundle(bundle_copy).vocabulary()


def test_a_model_of_another_network_than_the_manifest_says(bundle_copy, edit_manifest, drupelet_engine):
    edit_manifest(bundle_copy, lambda data: data["network"].update(output="sigmoid"))
    with pytest.raises(
        FormatError, match=r"model\.f32\.drupelet: holds another network, text rules, labels or decision than the"
    ):
        drupelet.load(open_bundle(bundle_copy), drupelet_engine)


@pytest.mark.usefixtures("numpy")
def test_what_the_first_answer_does_not_need_is_read_late(bundle_copy, edit_manifest):
    texts = ["a good film", ""]
    expected = drupelet.load(bundle_copy, "native").predict(texts)
    edit_manifest(bundle_copy, lambda data: data["network"].update(output="abacus"))
    classifier = drupelet.load(bundle_copy, "native")
    assert classifier.predict(texts) == expected
    message = r"tiny/manifest\.json: output is 'abacus', expected one of softmax, "
    for _ in range(2):
        with pytest.raises(FormatError, match=message):
            classifier.bundle.manifest.network  # noqa: B018
    with pytest.raises(FormatError, match=message):
        open_bundle(bundle_copy)
    with pytest.raises(FormatError, match=message):
        drupelet.load(bundle_copy, "numpy")
    with pytest.raises(FormatError, match=message):
        drupelet.verify(begin_bundle(bundle_copy))


def test_a_single_file_is_read_by_the_kernel_and_late_by_python(bundle_folder):
    path = bundle_folder / "model.f32.drupelet"
    late, whole = begin_bundle(path), open_bundle(path)
    assert is_late(late.manifest)
    assert not is_late(whole.manifest)
    classifier = drupelet.load(late, "native")
    assert classifier.labels == whole.manifest.labels
    assert is_late(late.manifest)
    assert classifier.model.entry.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert is_late(late.manifest)
    assert classifier.model.scheme == "f32"
    assert late == whole


def test_a_single_file_that_contradicts_itself_names_the_file(drupelet_file, tmp_path, seal):
    path = tmp_path / "one.drupelet"
    # The text rules cut at 9 tokens, the network reads 8.
    at = drupelet_file.index(b"alnum") + 48  # name, version of Unicode, three ids
    path.write_bytes(seal(drupelet_file[:at] + struct.pack("<I", 9) + drupelet_file[at + 4 :]))
    with pytest.raises(FormatError, match=r"one\.drupelet: the text rules cut at 9 tokens"):
        open_bundle(path)


def test_reading_a_bundle_leaves_it_as_it_is(bundle_folder, any_engine):
    def state():
        return {
            p.name: (p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes()).digest()) for p in bundle_folder.iterdir()
        }

    before = state()
    every_file(open_bundle(bundle_folder))
    drupelet.load(bundle_folder, any_engine)("a good film")
    assert state() == before


def replace_with_other(bundle):
    """Another bundle in the place of this one, as an export puts it there."""
    manifest = bundle / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"created_by": "', b'"created_by": "other '))


def test_a_bundle_that_was_replaced_says_so(bundle_copy):
    bundle = drupelet.open_bundle(bundle_copy)
    (bundle_copy / "vocabulary.bin").write_bytes(b"other")
    with pytest.raises(IntegrityError, match="copy the bundle again"):
        bundle.vocabulary()
    replace_with_other(bundle_copy)
    with pytest.raises(BundleReplacedError, match="tiny: was replaced while it was in use; load it again"):
        bundle.vocabulary()
    (bundle_copy / "manifest.json").write_bytes(b"{}")  # damaged is not replaced
    with pytest.raises(IntegrityError, match="copy the bundle again"):
        bundle.vocabulary()


def test_a_bundle_that_is_replaced_while_it_is_loaded_is_loaded_anew(bundle_copy, monkeypatch):
    held = (bundle_copy / "model.f32.drupelet").read_bytes()
    real = begin_bundle
    seen = []

    def open_and_replace(location):
        bundle = real(location)
        seen.append(bundle)
        if len(seen) == 1:
            replace_with_other(bundle_copy)
            (bundle_copy / "model.f32.drupelet").write_bytes(b"other")
        return bundle

    def repaired(location, keys):
        if seen:
            (bundle_copy / "model.f32.drupelet").write_bytes(held)
        return open_and_replace(location)

    monkeypatch.setattr("drupelet.classifier.begin_bundle", repaired)
    classifier = drupelet.load(bundle_copy)
    assert len(seen) == 2
    assert classifier.bundle.manifest.created_by.startswith("other ")


def test_with_a_key_only_a_signed_bundle_is_opened(signed_bundle, tmp_path, as_zip):
    for place in (signed_bundle, as_zip(signed_bundle, tmp_path / "tiny.zip")):
        bundle = open_bundle(place, [key_line()])
        assert bundle.signature == Signature(NAME, "for the fleet")
        every_file(bundle)
    assert open_bundle(signed_bundle).signature is None
    with pytest.raises(SignatureError, match="is of the key EFCDAB8967452301, expected 20726568746F6E61"):
        open_bundle(signed_bundle, [key_line(b"x" * 32, b"another ")])
    with pytest.raises(InputError, match="no public key"):
        open_bundle(signed_bundle, [])


def test_nothing_of_an_unsigned_bundle_is_parsed(signed_bundle, tmp_path, as_zip, monkeypatch):
    def parse(text, where):
        raise AssertionError("parsed")

    monkeypatch.setattr("drupelet.bundle.begin_manifest", parse)
    manifest = signed_bundle / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"tiny", b"tine"))
    for place in (signed_bundle, as_zip(signed_bundle, tmp_path / "tiny.zip")):
        with pytest.raises(SignatureError, match=r"manifest\.json: is not what the key EFCDAB8967452301 signed"):
            open_bundle(place, [key_line()])
    (signed_bundle / "manifest.json.minisig").unlink()
    for place in (signed_bundle, as_zip(signed_bundle, tmp_path / "none.zip")):
        with pytest.raises(SignatureError, match=r"is not signed, for manifest\.json\.minisig is missing"):
            open_bundle(place, [key_line()])


def test_every_file_that_is_read_is_covered_by_the_signature(signed_bundle):
    (signed_bundle / "more.txt").write_text("a file that the manifest does not name does not matter")
    named = {entry.file for entry in open_bundle(signed_bundle, [key_line()]).manifest.files()}
    assert {path.name for path in signed_bundle.iterdir()} - named == {
        "manifest.json",
        "manifest.json.minisig",
        "more.txt",
    }
    for name in named:
        content = (signed_bundle / name).read_bytes()
        flip(signed_bundle / name)
        with pytest.raises(IntegrityError, match=name):
            every_file(open_bundle(signed_bundle, [key_line()]))
        (signed_bundle / name).write_bytes(content)


def test_a_single_file_is_signed_beside_it(bundle_folder, tmp_path):
    alone = tmp_path / "alone.drupelet"
    alone.write_bytes((bundle_folder / "model.f32.drupelet").read_bytes())
    with pytest.raises(SignatureError, match=r"alone\.drupelet: is not signed"):
        open_bundle(alone, [key_line()])
    (tmp_path / "alone.drupelet.minisig").write_bytes(signature_file(alone.read_bytes()))
    assert open_bundle(alone, [key_line()]).signature == Signature(NAME, "for the fleet")
    flip(alone)
    with pytest.raises(SignatureError, match=r"alone\.drupelet: is not what the key"):
        open_bundle(alone, [key_line()])


def test_a_classifier_of_a_signed_bundle(signed_bundle, any_engine):
    classifier = drupelet.load(signed_bundle, any_engine, keys=[key_line()])
    assert classifier.bundle.signature.key == NAME
    with pytest.raises(InputError, match="is open already; give the keys to open_bundle"):
        drupelet.load(classifier.bundle, keys=[key_line()])

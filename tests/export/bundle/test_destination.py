"""An export may replace a bundle or an empty folder, and nothing else."""

import json
import zipfile

import pytest

from drupelet.errors import InputError
from drupelet_export.bundle.destination import check_destination, resolve_destination

MANIFEST = {
    "format": "drupelet-bundle",
    "format_version": 7,
    "vocabulary": {"file": "vocabulary.bin"},
    "models": [{"file": "model.f32.onnx"}, {"file": "model.f32.tflite"}],
    "goldens": None,
}
FILES = ("manifest.json", "vocabulary.bin", "model.f32.onnx", "model.f32.tflite")


@pytest.fixture(params=["folder", "zip"])
def write(request, tmp_path):
    """A function that writes a folder, or a .zip, with these files."""

    def folder(**content):
        (tmp_path / "bundle").mkdir()
        for name, data in content.items():
            (tmp_path / "bundle" / name).write_bytes(data)
        return tmp_path / "bundle"

    def archive(**content):
        with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as packed:
            for name, data in content.items():
                packed.writestr(name, data)
        return tmp_path / "bundle.zip"

    return folder if request.param == "folder" else archive


def bundle(manifest=MANIFEST, names=FILES):
    return dict.fromkeys(names, b"") | {"manifest.json": json.dumps(manifest).encode()}


def test_a_bundle_of_any_version_is_replaced(write):
    check_destination(write(**bundle()))


def test_a_file_that_the_manifest_does_not_list_is_named(write):
    path = write(**bundle(names=(*FILES, "notes.txt", "cat.jpg")))
    message = (
        "holds files that are not part of the bundle, so it is not replaced: cat.jpg, notes.txt; move them elsewhere or"
    )
    with pytest.raises(InputError, match=message):
        check_destination(path)


def test_an_error_names_only_some_of_many_foreign_files(write):
    path = write(**bundle(names=(*FILES, *(f"photo{n}" for n in range(9)))))
    with pytest.raises(InputError, match="not replaced: photo0, photo1, photo2, photo3, photo4 and 4 more; move"):
        check_destination(path)


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b"{}",
        b'{"manifest_version": 3, "name": "a browser extension"}',
        b'{"format": "something else"}',
        b'{"format": "drupelet-bundle"}' + b" " * (1 << 20),
    ],
)
def test_a_manifest_of_something_else_is_refused(write, manifest):
    path = write(**bundle() | {"manifest.json": manifest})
    with pytest.raises(
        InputError, match=r"bundle(.zip)?: exists and is not a bundle, so it is not replaced; choose anot"
    ):
        check_destination(path)


def test_files_without_a_manifest_are_refused(write):
    with pytest.raises(InputError, match="exists and is not a bundle"):
        check_destination(write(**{"cat.jpg": b"cat"}))


def test_a_missing_or_empty_folder_may_be_filled(tmp_path):
    check_destination(tmp_path / "nothing")
    check_destination(tmp_path / "nothing.zip")
    check_destination(tmp_path)


def test_a_folder_inside_a_bundle_is_refused(tmp_path):
    (tmp_path / "bundle" / "photos").mkdir(parents=True)
    for name, data in bundle().items():
        (tmp_path / "bundle" / name).write_bytes(data)
    with pytest.raises(InputError, match="not replaced: photos/; move them"):
        check_destination(tmp_path / "bundle")


def test_a_folder_in_place_of_the_manifest_is_refused(tmp_path):
    (tmp_path / "bundle" / "manifest.json").mkdir(parents=True)
    with pytest.raises(InputError, match="bundle: exists and is not a bundle"):
        check_destination(tmp_path / "bundle")


def test_a_file_is_refused(tmp_path):
    (tmp_path / "notes").write_text("notes")
    with pytest.raises(
        InputError, match="notes: exists and is not a bundle, so it is not replaced; choose another --out"
    ):
        check_destination(tmp_path / "notes")
    (tmp_path / "notes.zip").write_text("notes")
    with pytest.raises(InputError, match=r"notes.zip: exists and is not a .zip archive; choose another --out"):
        check_destination(tmp_path / "notes.zip")


def test_a_folder_called_zip_is_refused(tmp_path):
    (tmp_path / "bundle.zip").mkdir()
    with pytest.raises(InputError, match=r"bundle.zip: exists and is not a .zip archive"):
        check_destination(tmp_path / "bundle.zip")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_unpacks_without_a_bound_is_refused(tmp_path, compression):
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w", compression) as archive:
        archive.writestr("manifest.json", json.dumps(MANIFEST))
    with pytest.raises(InputError, match="exists and is not a bundle"):
        check_destination(tmp_path / "bundle.zip")


def test_a_damaged_zip_is_refused(tmp_path):
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(MANIFEST))
    content = bytearray(path.read_bytes())
    content[45:60] = b"\xff" * 15
    path.write_bytes(content)
    with pytest.raises(InputError, match="exists and is not a bundle"):
        check_destination(path)


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "link").symlink_to("photos")
    assert resolve_destination(tmp_path / "link") == tmp_path / "photos"
    check_destination(tmp_path / "link")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(InputError, match="link: exists and is not a bundle"):
        check_destination(tmp_path / "link")


def test_a_symbolic_link_to_itself_is_refused(tmp_path):
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(InputError, match="link: a symbolic link that leads nowhere; choose another --out"):
        check_destination(tmp_path / "link")


def test_a_folder_with_the_name_of_a_file_of_the_bundle_is_foreign(tmp_path):
    (tmp_path / "bundle" / "model.f32.onnx").mkdir(parents=True)
    for name, data in bundle().items():
        if name != "model.f32.onnx":
            (tmp_path / "bundle" / name).write_bytes(data)
    with pytest.raises(
        InputError, match=r"not part of the bundle, so it is not replaced: model\.f32\.onnx/; move them"
    ):
        check_destination(tmp_path / "bundle")


def test_a_signed_bundle_is_replaced_with_its_signature(tmp_path):
    (tmp_path / "bundle").mkdir()
    for name, data in {**bundle(), "manifest.json.minisig": b"a signature"}.items():
        (tmp_path / "bundle" / name).write_bytes(data)
    check_destination(tmp_path / "bundle")

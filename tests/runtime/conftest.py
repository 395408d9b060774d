"""Tiny real bundles, written by the exporter's emitters without Keras, and the means to damage them."""

import hashlib
import json
import shutil
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES
from drupelet.model_file import HEADER, SECTION
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.passes import SCHEME_PASSES, run_passes
from golden.make_bundle_v1 import EMITTERS, tiny_model, vocabulary, write_bundle


@pytest.fixture(scope="session")
def model():
    """The description that every tiny bundle is written from."""
    return tiny_model()


@pytest.fixture(scope="session")
def native_file(model):
    """The bytes of the tiny .drupelet file."""
    return EMITTERS["drupelet"](model)


@pytest.fixture(scope="session")
def native_of_scheme():
    """A function that makes the .drupelet file of a model under a scheme."""
    return lambda model, scheme: emit_drupelet(run_passes(model, SCHEME_PASSES[scheme]), vocabulary(model), scheme)


@pytest.fixture(scope="session")
def bundle_folder(model, native_file, tmp_path_factory):
    """A bundle of a .drupelet and an ONNX file. Read only: use ``bundle_copy`` to change it."""
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    write_bundle(folder, model, {"drupelet": native_file, "onnx": EMITTERS["onnx"](model)})
    return folder


@pytest.fixture(scope="session")
def full_bundle_folder(model, native_file, tmp_path_factory):
    """A bundle with a file of every format that an engine of this machine can run. Read only."""
    folder = tmp_path_factory.mktemp("bundles") / "full"
    files = {"drupelet": native_file, "onnx": EMITTERS["onnx"](model)}
    if ENGINES["litert"].check() is None:
        files["tflite"] = EMITTERS["tflite"](model)
    write_bundle(folder, model, files)
    return folder


@pytest.fixture(params=ENGINES)
def engine_name(request):
    """Every engine that can run here; the others are skipped with their reason."""
    reason = ENGINES[request.param].check()
    if reason is not None:
        pytest.skip(f"{request.param}: {reason}")
    return request.param


@pytest.fixture
def full_bundle(full_bundle_folder):
    return open_bundle(full_bundle_folder)


@pytest.fixture
def bundle_copy(bundle_folder, tmp_path):
    """A copy of the bundle, to be changed."""
    return Path(shutil.copytree(bundle_folder, tmp_path / "tiny"))


@pytest.fixture
def fake_library(tmp_path, monkeypatch):
    """A function that puts a module of this code in front of the real one, for this process and those that it starts.

    It returns the folder of the module.
    """

    put_in_front = []

    def put(module, code):
        folder = tmp_path / "fake_libraries" / module
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(code)
        monkeypatch.syspath_prepend(folder.parent)
        for name in [name for name in sys.modules if name.partition(".")[0] == module]:
            monkeypatch.delitem(sys.modules, name)
        put_in_front.append(module)
        return folder

    yield put
    for module in put_in_front:
        for name in [name for name in sys.modules if name.partition(".")[0] == module]:
            del sys.modules[name]  # the real one comes back with what monkeypatch undoes


@pytest.fixture
def as_zip():
    """A function that packs a bundle folder."""

    def pack(folder, target, method=zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(target, "w", method) as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, path.name)
        return target

    return pack


@pytest.fixture
def edit_manifest():
    """A function that hands the manifest of a bundle folder to a function as a dict, and writes back what that left."""

    def edit(folder, change):
        path = folder / "manifest.json"
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))

    return edit


@pytest.fixture
def replace_file(edit_manifest):
    """A function that replaces a file of a bundle and makes the manifest vouch for it, as a forger would."""

    def replace(folder, name, content):
        (folder / name).write_bytes(content)

        def vouch(data):
            entries = [data["vocabulary"], *data["models"], *([data["goldens"]] if data["goldens"] else [])]
            entry = next(entry for entry in entries if entry["file"] == name)
            entry.update(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())

        edit_manifest(folder, vouch)

    return replace


@pytest.fixture
def seal():
    """A function that makes the sizes and checksums of a changed .drupelet file right, so that later checks see it."""

    def sealed(content, payloads=True):
        content = bytearray(content)
        (section_count,) = struct.unpack_from("<I", content, 24)
        table_end = HEADER.size + section_count * SECTION.size
        if payloads:
            for at in range(HEADER.size, table_end, SECTION.size):
                offset, size = struct.unpack_from("<QQ", content, at + 80)
                struct.pack_into("<I", content, at + 60, zlib.crc32(content[offset : offset + size]))
        struct.pack_into("<Q", content, 16, len(content))
        struct.pack_into("<I", content, 28, zlib.crc32(content[HEADER.size : table_end]))
        return bytes(content)

    return sealed

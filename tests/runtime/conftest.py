"""The tiny bundle that is committed, files written from docs/format.md, and the means to damage them.

Nothing here imports another distribution than drupelet: these tests run on a bare Raspberry Pi and on every Python that
drupelet runs on.
"""

import hashlib
import importlib.util
import json
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES
from drupelet.goldens import read_goldens
from drupelet.model_file import HEADER, SECTION
from runtime.format_writer import model_file
from runtime.networks import GOLDEN_BUNDLE, tiny_model
from runtime.signer import signature_file


@pytest.fixture(scope="session")
def model():
    """The network of the tiny bundle."""
    return tiny_model()


@pytest.fixture(scope="session")
def drupelet_file(model):
    """The bytes of the tiny .drupelet file."""
    return model_file(model)


@pytest.fixture(scope="session")
def goldens():
    """The goldens of the tiny bundle."""
    return read_goldens((GOLDEN_BUNDLE / "goldens.jsonl").read_bytes(), "goldens.jsonl")


def copied_without(formats, folder):
    """A copy of the committed bundle without the model files of these formats."""
    shutil.copytree(GOLDEN_BUNDLE, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["models"]:
        if entry["format"] in formats:
            (folder / entry["file"]).unlink()
    manifest["models"] = [entry for entry in manifest["models"] if entry["format"] not in formats]
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
    return folder


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory):
    """A bundle of a .drupelet and an ONNX file. Read only: use ``bundle_copy`` to change it."""
    return copied_without({"tflite"}, tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="session")
def full_bundle_folder(tmp_path_factory):
    """A bundle with a file of every format that an engine of this machine can run. Read only."""
    left_out = set() if ENGINES["litert"].check() is None else {"tflite"}
    return copied_without(left_out, tmp_path_factory.mktemp("bundles") / "full")


def skip_without(name):
    """Skips the test, with the reason, where the engine of that name cannot run."""
    reason = ENGINES[name].check()
    if reason is not None:
        pytest.skip(f"{name}: {reason}")


@pytest.fixture(params=ENGINES)
def engine_name(request):
    """Every engine that can run here; the others are skipped with their reason."""
    skip_without(request.param)
    return request.param


@pytest.fixture(params=[name for name, engine in ENGINES.items() if engine.format == "drupelet"])
def drupelet_engine(request):
    """Every engine that reads .drupelet files and can run here; the others are skipped with their reason."""
    skip_without(request.param)
    return request.param


@pytest.fixture
def usable_engines():
    """The names of the engines that read .drupelet files and run here; skips where there is none."""
    reasons = {name: engine.check() for name, engine in ENGINES.items() if engine.format == "drupelet"}
    usable = [name for name, reason in reasons.items() if reason is None]
    if not usable:
        pytest.skip("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))
    return usable


@pytest.fixture
def any_engine(usable_engines):
    """The name of an engine that reads .drupelet files and runs here: numpy where it is installed, else native."""
    return usable_engines[-1]


@pytest.fixture
def numpy():
    """The library; skips where it is not installed."""
    return pytest.importorskip("numpy")


@pytest.fixture
def onnx():
    """The onnx engine; skips where it cannot run."""
    skip_without("onnx")
    return ENGINES["onnx"]


@pytest.fixture
def full_bundle(full_bundle_folder):
    return open_bundle(full_bundle_folder)


@pytest.fixture
def bundle_copy(bundle_folder, tmp_path):
    """A copy of the bundle, to be changed."""
    return Path(shutil.copytree(bundle_folder, tmp_path / "tiny"))


@pytest.fixture
def signed_bundle(bundle_copy):
    """A copy of the bundle that the key of ``runtime.signer`` signed."""
    (bundle_copy / "manifest.json.minisig").write_bytes(signature_file((bundle_copy / "manifest.json").read_bytes()))
    return bundle_copy


@pytest.fixture
def fake_library(tmp_path, monkeypatch):
    """A function that puts a module of this code in front of the real one, for this process and those that it starts.

    It returns the folder of the module. Where numpy is not installed, an empty one is put there as well.
    """

    put_in_front = []

    def put(module, code):
        if module != "numpy" and importlib.util.find_spec("numpy") is None:
            put("numpy", "")  # engines of other libraries look for it first
        folder = tmp_path / "fake_libraries" / module
        folder.mkdir(parents=True, exist_ok=True)
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


@pytest.fixture
def run_in_little_memory():
    """A function that runs code in a process that has ``megabytes`` of address space in all."""

    def run(code, *arguments, megabytes=120, seconds=20):
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({megabytes << 20},) * 2)\n"
        imports = "import sys, drupelet, drupelet.cli.main\n"
        command = [sys.executable, "-c", imports + limit + code, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)

    return run

"""What goes with an executable: the versions are those of the zig that links, and each part of somebody else has its notice."""

import hashlib
import json
import shlex
import sys

import pytest

from drupelet.errors import InputError
from drupelet.text import UNICODE_VERSION
from drupelet.version import __version__
from drupelet_export.executable import accompanying_files as module
from drupelet_export.executable.accompanying_files import accompanying_files, linked_libraries
from drupelet_export.executable.sources import Content
from export.executable.programs import LIBRARIES, ROOT

CONTENT = Content("tiny", "model.wi8.drupelet", b"model", b"goldens")
TREE = {
    "LICENSE": "notice of zig",
    "lib/libc/musl/COPYRIGHT": "notice of musl",
    "lib/libc/musl/src/internal/version.h": '#define VERSION "1.2.5"\n',
}


def sha256(content):
    return [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]


@pytest.fixture
def zig(tmp_path):
    """A function that makes the command of a compiler, in a tree like zig's, that answers ``env`` with this text."""

    def make(said, without=""):
        for name, text in TREE.items():
            if name != without:
                (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name).write_text(text)
        program = tmp_path / "zig"
        answer = said.replace("LIB", str(tmp_path / "lib"))
        program.write_text(f"#!/bin/sh\ntest $1 = env && printf %s {shlex.quote(answer)}\n")
        program.chmod(0o755)
        return str(program), "cc"

    return make


@pytest.mark.parametrize(
    "said",
    ['.{\n    .lib_dir = "LIB",\n    .version = "0.17.1",\n}\n', '{\n "lib_dir": "LIB",\n "version": "0.17.1"\n}\n'],
    ids=["ZON", "JSON"],
)
def test_versions_and_notices_are_those_of_the_zig_that_links(zig, said):
    assert linked_libraries(zig(said)) == LIBRARIES


def test_the_zig_of_this_environment_has_them():
    pytest.importorskip("ziglang", reason="pip install drupelet-export[compile]")
    found = linked_libraries((sys.executable, "-m", "ziglang", "cc"))
    assert found.musl_version.startswith("1.2.")
    assert "Rich Felker" in found.musl_notice
    assert "The MIT License" in found.zig_notice


@pytest.mark.parametrize(
    ("said", "without", "message"),
    [
        ('.lib_dir = "LIB", .version = "1"', "LICENSE", "No such file or directory: .*LICENSE"),
        ('.lib_dir = "LIB", .version = "1"', "lib/libc/musl/COPYRIGHT", "No such file or directory: .*COPYRIGHT"),
        ('.lib_dir = "LIB"', "", "no version in"),
        ("", "", "no lib_dir in"),
    ],
)
def test_a_zig_without_its_notices_is_refused(zig, said, without, message):
    with pytest.raises(InputError, match=rf"zig env: versions and licences .* were not found .*{message}.*pip install"):
        linked_libraries(zig(said, without))


def test_no_zig_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"absent env: versions and licences of what it links were not found"):
        linked_libraries((str(tmp_path / "absent"), "cc"))


def test_the_bill_names_everything_that_is_inside():
    bill = json.loads(accompanying_files(b"program", CONTENT, LIBRARIES)[".cdx.json"])
    assert bill["metadata"]["component"]["name"] == "tiny"
    assert bill["metadata"]["component"]["hashes"] == sha256(b"program")
    assert [tool["version"] for tool in bill["metadata"]["tools"]["components"]] == ["0.17.1"]
    parts = {part["name"]: part for part in bill["components"]}
    assert {name: part.get("version") for name, part in parts.items()} == {
        "model.wi8.drupelet": None,
        "goldens.bin": None,
        "drupelet-export": __version__,
        "unicode-character-database": UNICODE_VERSION,
        "musl": "1.2.5",
        "compiler-rt": "0.17.1",
    }
    assert parts["model.wi8.drupelet"]["hashes"] == sha256(b"model")
    assert parts["goldens.bin"]["hashes"] == sha256(b"goldens")
    assert parts["musl"]["licenses"][0]["license"]["text"]["content"] == "notice of musl"


def test_the_licences_are_those_of_the_bill_in_plain_text():
    files = accompanying_files(b"program", CONTENT, LIBRARIES)
    notices = [
        license["license"]["text"]["content"]
        for part in json.loads(files[".cdx.json"])["components"]
        for license in part.get("licenses", ())
    ]
    assert len(notices) == 4
    assert all(notice in files[".licenses.txt"] for notice in notices)
    assert "musl 1.2.5: C library (MIT)" in files[".licenses.txt"]


def test_a_file_begins_as_the_next_release_will_look_for():
    for suffix, text in accompanying_files(b"program", CONTENT, LIBRARIES).items():
        assert text.startswith(module.BEGINNINGS[suffix])


def test_the_notices_are_the_licences_in_this_repository():
    assert (module.NOTICES / "Apache-2.0.txt").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (module.NOTICES / "Unicode-3.0.txt").read_bytes() == (ROOT / "runtime/LICENSE-Unicode-3.0").read_bytes()

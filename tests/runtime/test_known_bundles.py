"""Bundles by name: where they are searched, which comes first, and what is no name."""

import os
import shutil

import pytest

from drupelet import load, open_bundle
from drupelet.errors import InputError
from drupelet.known_bundles import known_bundles, named_bundle, places

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the places are those of XDG")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for name in ("DRUPELET_PATH", "XDG_DATA_HOME", "XDG_DATA_DIRS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_places_in_their_order(home, monkeypatch):
    own = f"{home}/.local/share/drupelet"
    assert places() == [own, "/usr/local/share/drupelet", "/usr/share/drupelet"]
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_DATA_DIRS", "/a::/b:/a:relative")
    monkeypatch.setenv("DRUPELET_PATH", "here::/c")
    assert places() == ["/c", "/data/drupelet", "/a/drupelet", "/b/drupelet"]


def test_a_name_is_a_folder_a_zip_or_a_model_file(home, bundle_folder, monkeypatch):
    share = home / ".local/share/drupelet"
    shutil.copytree(bundle_folder, share / "film")
    shutil.copy(bundle_folder / "model.f32.drupelet", share / "other.drupelet")
    (share / "empty").mkdir()
    (share / ".hidden.drupelet").write_bytes(b"")
    assert list(known_bundles()) == [("film", f"{share}/film"), ("other", f"{share}/other.drupelet")]
    assert open_bundle("film").path == f"{share}/film"
    assert load("other").bundle.path == f"{share}/other.drupelet"
    first = home / "first"
    shutil.copytree(bundle_folder, first / "film")
    monkeypatch.setenv("DRUPELET_PATH", str(first))
    assert named_bundle("film") == f"{first}/film"
    assert [name for name, _ in known_bundles()] == ["film", "film", "other"]


def test_what_is_there_comes_before_a_name(home, bundle_folder, monkeypatch):
    shutil.copytree(bundle_folder, home / ".local/share/drupelet/film")
    shutil.copytree(bundle_folder, home / "film")
    monkeypatch.chdir(home)
    assert open_bundle("film").path == "film"


@pytest.mark.parametrize("name", ["", ".", "..", ".film", "a/film", "./film", "film/"])
def test_a_path_is_no_name(home, bundle_folder, name):
    shutil.copytree(bundle_folder, home / ".local/share/drupelet/film")
    assert named_bundle(name) is None


def test_a_name_that_is_nowhere(home):
    message = rf"^film: not found; .*or the name of one in {home}/.local/share/drupelet, .* \(drupelet list\)$"
    with pytest.raises(InputError, match=message):
        open_bundle("film")
    with pytest.raises(InputError, match=r"^a/film: not found; expected [^()]* file$"):
        open_bundle("a/film")

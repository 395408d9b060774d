"""``drupelet list``: a line for each bundle that has a name, with what is wrong where it is damaged."""

import shutil

import pytest


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The only folder that is searched."""
    for name in ("XDG_DATA_HOME", "XDG_DATA_DIRS", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "nowhere"))
    monkeypatch.setenv("DRUPELET_PATH", str(tmp_path))
    return tmp_path


def test_a_line_for_each_bundle(run, run_json, place, bundle_folder):
    shutil.copytree(bundle_folder, place / "film")
    shutil.copy(bundle_folder / "model.f32.drupelet", place / "film.drupelet")
    (place / "bad.drupelet").write_bytes(b"no")
    status, out, err = run("list")
    assert (status, err) == (0, "")
    header, bad, film, hidden = out.splitlines()
    assert header.split() == ["name", "labels", "schemes", "bytes", "verdict", "path"]
    assert "damaged" in bad
    assert f"{place}/bad.drupelet: neither a .zip nor a .drupelet file" in bad
    assert film.endswith(f"{place / 'film'}")
    assert "film (hidden by the one above)" in hidden
    status, document = run_json("list")
    assert [bundle["name"] for bundle in document["bundles"]] == ["bad", "film", "film"]
    assert [bundle["hidden"] for bundle in document["bundles"]] == [False, False, True]
    assert document["places"][0] == str(place)


def test_no_bundle_says_where_they_go(run, place):
    status, out, _ = run("list")
    assert (status, out.startswith(f"no bundle in {place}, ")) == (0, True)
    assert out.endswith("copy one there to call it by its name, or give its path\n")

import shutil
import threading

import pytest

from drupelet.errors import DrupeletError, InputError, SignatureError
from drupelet.serve import models as models_module
from drupelet.serve.models import Models, identity, is_name, places_by_name
from drupelet.serve.refusal import Refusal
from drupelet.serve.self_check import SelfCheck, SelfCheckError
from runtime.serve.asking import wait_until
from runtime.signer import key_line, signature_file

CHECK = SelfCheck(9, "answers like Keras from the text on", None, None, 0)


@pytest.fixture
def link(bundle_folder, tmp_path):
    """A link to a copy of the bundle, as an owner keeps it who swaps bundles."""
    shutil.copytree(bundle_folder, tmp_path / "one")
    shutil.copytree(bundle_folder, tmp_path / "two")
    (tmp_path / "current").symlink_to("one")
    return tmp_path / "current"


def lead_to(link, target):
    """Has a link lead elsewhere, in one step."""
    (link.parent / "next").symlink_to(target)
    (link.parent / "next").replace(link)


@pytest.fixture
def kept(any_engine, monkeypatch):
    """A function that makes models whose bundles are watched, with the swaps that they tell."""
    monkeypatch.setattr(models_module, "WATCH_SECONDS", 0.02)
    running = []

    def keep(places, check=lambda classifier: CHECK, keys=None):
        swaps, log = [], []
        models = Models(
            places, any_engine, None, check, log.append, lambda name, success: swaps.append((name, success)), keys
        )
        models.load_all()
        thread = threading.Thread(target=models.keep)
        thread.start()
        running.append((models, thread))
        return models, swaps, log

    yield keep
    for models, thread in running:
        models.stop()
        thread.join(60)
        assert not thread.is_alive()


def test_names_of_models():
    assert places_by_name(["a/imdb", "b/nano.zip", "x=c/imdb", "./d/e=f/g"]) == {
        "imdb": "a/imdb",
        "nano": "b/nano.zip",
        "x": "c/imdb",
        "g": "./d/e=f/g",
    }
    assert is_name("a.B-9_")
    assert not is_name("a" * 65)
    assert not is_name("")
    with pytest.raises(InputError, match="a second model 'imdb'; give it another name as NAME=BUNDLE"):
        places_by_name(["a/imdb", "b/imdb"])
    with pytest.raises(InputError, match=r"'a b' is no name of a model .*; give one as NAME=BUNDLE"):
        places_by_name(["c/a b"])


def test_a_model_is_not_ready_before_it_is_loaded(bundle_folder, any_engine):
    models = Models({"tiny": str(bundle_folder)}, any_engine, None, lambda classifier: CHECK, print)
    assert (models.loaded, models.missing) == ([], ["tiny"])
    with pytest.raises(Refusal) as refused:
        models.get("tiny")
    assert (refused.value.status, refused.value.headers) == (503, (("Retry-After", "1"),))
    models.load_all()
    assert [model.name for model in models.loaded] == ["tiny"]
    assert models.missing == []


def test_one_of_several_has_to_be_named(bundle_folder, any_engine):
    places = dict.fromkeys(("b", "a"), str(bundle_folder))
    models = Models(places, any_engine, None, lambda classifier: CHECK, print)
    models.load_all()
    assert [model.name for model in models.loaded] == ["b", "a"]
    with pytest.raises(Refusal, match="model is missing, expected one of b, a"):
        models.get(None)
    assert models.get("a").classifier is not models.get("b").classifier


def test_the_first_that_fails_is_said(bundle_folder, any_engine):
    def fail(classifier):
        raise SelfCheckError("it answers otherwise")

    models = Models({"tiny": str(bundle_folder)}, any_engine, None, fail, print)
    with pytest.raises(SelfCheckError, match="it answers otherwise"):
        models.load_all()
    with pytest.raises(DrupeletError, match="not found"):
        Models({"x": "nowhere"}, any_engine, None, fail, print).load_all()


def test_a_link_that_leads_elsewhere_is_noticed(link, kept):
    models, swaps, log = kept({"tiny": str(link)})
    before = models.get("tiny")
    lead_to(link, "two")
    wait_until(lambda: swaps)
    assert swaps == [("tiny", True)]
    assert models.get("tiny") is not before
    assert len(log) == 2
    assert before.classifier("a film") == models.get("tiny").classifier("a film")


def test_a_folder_that_takes_the_place_of_another_is_noticed(bundle_copy, bundle_folder, kept):
    _, swaps, _ = kept({"tiny": str(bundle_copy)})
    shutil.copytree(bundle_folder, bundle_copy.parent / "other")
    bundle_copy.rename(bundle_copy.parent / "old")
    (bundle_copy.parent / "other").rename(bundle_copy)
    wait_until(lambda: swaps)
    assert swaps == [("tiny", True)]


def test_a_bundle_that_fails_leaves_the_old_one(link, kept):
    models, swaps, log = kept({"tiny": str(link)})
    before = models.get("tiny")
    (link.parent / "two" / "manifest.json").write_text("{")
    lead_to(link, "two")
    wait_until(lambda: swaps)
    assert swaps == [("tiny", False)]
    assert models.get("tiny") is before
    assert log[-1].startswith("tiny: goes on with the bundle that it has, for the new one failed: ")
    lead_to(link, "one")  # and it is not stuck
    wait_until(lambda: len(swaps) == 2)
    assert swaps[1] == ("tiny", True)


def test_a_self_check_that_fails_leaves_the_old_one(link, kept):
    outcomes = [CHECK]

    def check(classifier):
        if not outcomes:
            raise SelfCheckError("it answers otherwise")
        return outcomes.pop()

    models, swaps, log = kept({"tiny": str(link)}, check)
    before = models.get("tiny")
    models.reload()
    wait_until(lambda: swaps)
    assert (swaps, models.get("tiny") is before) == ([("tiny", False)], True)
    assert log[-1].endswith("the new one failed: it answers otherwise")


def test_a_bundle_that_disappears_or_changes_in_place_changes_nothing(bundle_copy, kept):
    models, swaps, _ = kept({"tiny": str(bundle_copy)})
    before, answer = models.get("tiny"), models.get("tiny").classifier("a film")
    for file in bundle_copy.iterdir():
        file.write_bytes(b"x")
    assert models.get("tiny").classifier("a film") == answer
    shutil.rmtree(bundle_copy)
    threading.Event().wait(0.2)
    assert (models.get("tiny") is before, swaps) == (True, [])
    assert models.get("tiny").classifier("a film") == answer


def test_where_a_bundle_lies(link):
    assert identity(str(link)) == identity(str(link.parent / "one"))
    assert identity(str(link)) != identity(str(link.parent / "two"))
    assert identity(str(link.parent / "none")) is None


def test_a_server_with_a_key_goes_on_where_the_next_bundle_is_not_signed(link, kept):
    for name in ("one", "two"):
        manifest = (link.parent / name / "manifest.json").read_bytes()
        (link.parent / name / "manifest.json.minisig").write_bytes(signature_file(manifest))
    models, swaps, log = kept({"tiny": str(link)}, keys=[key_line()])
    before = models.get("tiny")
    (link.parent / "two" / "manifest.json.minisig").unlink()
    lead_to(link, "two")
    wait_until(lambda: swaps)
    assert swaps == [("tiny", False)]
    assert models.get("tiny") is before
    assert "goes on with the bundle that it has, for the new one failed" in log[-1]
    assert "is not signed" in log[-1]


def test_a_server_with_a_key_starts_with_nothing_else(bundle_folder, any_engine):
    models = Models({"tiny": str(bundle_folder)}, any_engine, None, lambda classifier: CHECK, print, keys=[key_line()])
    with pytest.raises(SignatureError, match="is not signed"):
        models.load_all()

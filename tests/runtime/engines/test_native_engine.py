"""The native engine: what it says when it cannot run, what it refuses, and that its answers never depend on company."""

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import drupelet
from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES, missing_kernel
from drupelet.engines.native_engine import TIER_VARIABLE, NativeEngine
from drupelet.errors import EngineUnavailableError, FormatError, InputError, VersionError
from drupelet.manifest import ModelEntry
from drupelet.version import __version__
from runtime.format_writer import model_file
from runtime.native.file_surgery import patched, u32
from runtime.networks import TINY_WORDS, tiny_model

TEXTS = [
    "",
    "nothing known",
    "A wonderful film!",
    "the movie is awful, very BAD",
    "\ud800 bad \u2003\u0130",
    *(" ".join(TINY_WORDS[place:] + TINY_WORDS[:place]) for place in range(len(TINY_WORDS))),
    "good<br />" * 300,
]


@pytest.fixture
def tiers():
    """The tiers of this build with what this processor lacks; skips where the extension is not built."""
    reason = NativeEngine().check()
    if reason is not None:
        pytest.skip(reason)
    from drupelet._native import tiers

    return tiers()


@pytest.fixture
def bundle(bundle_folder, tiers):
    return open_bundle(bundle_folder)


@pytest.fixture(autouse=True)
def no_tier_is_forced(monkeypatch):
    monkeypatch.delenv(TIER_VARIABLE, raising=False)


def bits(answers):
    return [(label, n_tokens, *(value.hex() for value in values)) for label, _, values, n_tokens in answers]


@pytest.mark.skipif("CI" not in os.environ, reason="only CI must have a compiler")
def test_ci_has_the_extension():
    assert NativeEngine().check() is None


def test_without_the_extension_it_says_what_to_do(monkeypatch, bundle_folder, tmp_path):
    monkeypatch.setitem(sys.modules, "drupelet._native", None)
    monkeypatch.setattr(missing_kernel, "PACKAGE", tmp_path)
    reason = NativeEngine().check()
    assert reason.startswith(
        "the C kernel drupelet._native is not there: it was not built when drupelet was installed; "
    )
    assert reason.endswith("pip install --force-reinstall --no-binary drupelet drupelet")
    unavailable = r"tiny: engine 'native' cannot run: the C kernel drupelet\._native is not there"
    with pytest.raises(EngineUnavailableError, match=unavailable):
        drupelet.load(bundle_folder, "native")
    bundle = open_bundle(bundle_folder)
    with pytest.raises(EngineUnavailableError, match=unavailable):
        NativeEngine().load(bundle, bundle.model("drupelet"))
    others = [name for name in ("onnx", "numpy") if ENGINES[name].check() is None]
    if others:
        assert drupelet.load(bundle_folder).engine == others[0]
    else:
        with pytest.raises(
            EngineUnavailableError, match=r"tiny: no engine can run this bundle here\. native: the C kernel"
        ):
            drupelet.load(bundle_folder)


def test_a_tier_that_is_not_known(bundle, tiers):
    engine = NativeEngine("abacus")
    reason = f"tier 'abacus': this build has {', '.join(tiers)}"
    assert engine.check() == reason
    with pytest.raises(EngineUnavailableError, match=f"tiny: engine 'native' cannot run: {reason}$"):
        engine.load(bundle, bundle.model("drupelet"))


def test_a_tier_in_the_environment_that_cannot_run_is_an_error_whatever_else_could(monkeypatch, bundle, tiers):
    monkeypatch.setenv(TIER_VARIABLE, "abacus")
    message = f"^DRUPELET_TIER is 'abacus': this build has {', '.join(tiers)}; name a tier that runs here, or unset it$"
    for engine in ("auto", "native"):
        with pytest.raises(InputError, match=message):
            drupelet.load(bundle, engine)
    with pytest.raises(InputError, match=message):
        drupelet.verify(bundle)
    if ENGINES["numpy"].check() is None:
        assert drupelet.load(bundle, "numpy").engine == "numpy"
    native, *_ = drupelet.engines(bundle)
    assert native.reason.startswith("DRUPELET_TIER is 'abacus': this build has scalar")


def test_a_tier_that_this_processor_lacks(monkeypatch, tiers):
    monkeypatch.setattr("drupelet._native.tiers", lambda: {"scalar": None, "neondot": "this processor lacks a prong"})
    monkeypatch.setenv(TIER_VARIABLE, "neondot")
    with pytest.raises(
        InputError, match=r"^DRUPELET_TIER is 'neondot': this processor lacks a prong; name a tier that runs here"
    ):
        NativeEngine().check()
    assert NativeEngine("neondot").check() == "tier 'neondot': this processor lacks a prong"
    assert NativeEngine("scalar").check() is None
    monkeypatch.delenv(TIER_VARIABLE)
    assert NativeEngine().check() is None
    assert NativeEngine().version() == f"drupelet {__version__}, scalar"


def test_the_tier_is_the_best_one_or_the_one_that_is_asked_for(monkeypatch, bundle, tiers):
    best = [name for name, lacks in tiers.items() if lacks is None][-1]
    assert next(iter(tiers)) == "scalar"
    assert tiers["scalar"] is None
    entry = bundle.model("drupelet")
    assert NativeEngine().load(bundle, entry).tier == best
    assert NativeEngine().version() == f"drupelet {__version__}, {best}"
    monkeypatch.setenv(TIER_VARIABLE, "scalar")
    assert NativeEngine().load(bundle, entry).tier == "scalar"
    assert NativeEngine().version() == f"drupelet {__version__}, scalar"
    monkeypatch.setenv(TIER_VARIABLE, "")
    assert NativeEngine().load(bundle, entry).tier == best
    monkeypatch.setenv(TIER_VARIABLE, "abacus")
    assert NativeEngine(best).load(bundle, entry).tier == best


@pytest.mark.parametrize(
    "other",
    [
        replace(tiny_model(), labels=("other", "names")),
        tiny_model().with_text_rules(replace(tiny_model().text_rules, keep="head")),
        tiny_model().with_graph(output="logits"),
        tiny_model().with_pooling("max"),
    ],
    ids=["labels", "tokenizer", "output", "pooling"],
)
def test_a_file_of_another_model_than_the_manifest_says(bundle_copy, replace_file, tiers, other):
    replace_file(bundle_copy, "model.f32.drupelet", model_file(other))
    message = (
        r"tiny: model\.f32\.drupelet: holds another network, text rules, labels or decision than the manifest says"
    )
    with pytest.raises(FormatError, match=message):
        drupelet.load(drupelet.open_bundle(bundle_copy), "native")


def test_other_labels_are_seen_without_the_network(bundle_copy, replace_file, tiers):
    replace_file(bundle_copy, "model.f32.drupelet", model_file(replace(tiny_model(), labels=("other", "names"))))
    with pytest.raises(
        FormatError, match=r"tiny: model\.f32\.drupelet: holds another network, text rules, labels or decision than"
    ):
        drupelet.load(bundle_copy, "native")


def test_a_file_of_another_scheme_than_the_manifest_says(bundle):
    entry = bundle.model("drupelet")
    message = r"tiny: model\.f32\.drupelet: its scheme is f32, the manifest says wi8; export it again$"
    with pytest.raises(FormatError, match=message):
        NativeEngine().load(bundle, ModelEntry(entry.entry, "drupelet", "wi8", {}))


def test_a_damaged_file_is_named_before_what_is_wrong_with_it(bundle_copy, replace_file, drupelet_file, tiers):
    replace_file(bundle_copy, "model.f32.drupelet", drupelet_file[:-1])
    with pytest.raises(
        FormatError, match=r"tiny: model\.f32\.drupelet: \d+ bytes, its header announces \d+; copy it again"
    ):
        drupelet.load(bundle_copy, "native")
    replace_file(bundle_copy, "model.f32.drupelet", patched(drupelet_file, 8, u32(4)))
    with pytest.raises(
        VersionError, match=r"tiny: model\.f32\.drupelet: model format 4, this release reads 3; upgrade"
    ):
        drupelet.load(bundle_copy, "native")


def test_a_single_file_answers_like_the_bundle_it_came_from(bundle_folder, drupelet_file, tmp_path, tiers):
    (tmp_path / "alone.drupelet").write_bytes(drupelet_file)
    alone, bundled = drupelet.load(tmp_path / "alone.drupelet", "native"), drupelet.load(bundle_folder, "native")
    assert bits(alone.predict(TEXTS)) == bits(bundled.predict(TEXTS))


def test_the_same_text_gets_the_same_bits_in_any_company(bundle):
    session = NativeEngine().load(bundle, bundle.model("drupelet"))
    alone = [bits(session.answer([text]))[0] for text in TEXTS]
    assert len(set(alone)) > len(TINY_WORDS)
    for _ in range(3):
        assert bits(session.answer(TEXTS)) == alone
        assert bits(session.answer(TEXTS[::-1])) == alone[::-1]
        assert bits(session.answer(TEXTS * 5)) == alone * 5
    assert bits(NativeEngine().load(bundle, bundle.model("drupelet")).answer(TEXTS[3:4])) == alone[3:4]
    assert session.answer([]) == []


def test_sixteen_threads_get_the_bits_of_one(bundle):
    session = NativeEngine().load(bundle, bundle.model("drupelet"))
    expected = bits(session.answer(TEXTS))

    def ask(number):
        # Each starts elsewhere, so that the caches of their sessions fill in another order.
        start = number % len(TEXTS)
        turned = TEXTS[start:] + TEXTS[:start]
        answers = bits(session.answer(turned) if number % 2 else [session.answer([text])[0] for text in turned])
        ids = [session.encode(text) for text in TEXTS]
        return answers[len(TEXTS) - start :] + answers[: len(TEXTS) - start], ids

    ids = [session.encode(text) for text in TEXTS]
    with ThreadPoolExecutor(16) as pool:
        assert all(outcome == (expected, ids) for outcome in pool.map(ask, range(320)))


def test_other_threads_run_while_it_answers(bundle):
    session = NativeEngine().load(bundle, bundle.model("drupelet"))
    text = "good " * 4_000_000

    def longest_wait_share():
        """The longest pause of this thread while another one answers, as a share of the time that the answer takes."""
        thread = threading.Thread(target=session.answer, args=([text],))
        begin = last = time.perf_counter()
        longest = 0.0
        thread.start()
        while thread.is_alive():
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
        return longest / (time.perf_counter() - begin)

    # A call that held the lock would make it nearly all, each time; a busy machine does so now and then.
    assert min(longest_wait_share() for _ in range(5)) < 0.5


def test_it_is_the_engine_of_that_name():
    assert (ENGINES["native"].name, ENGINES["native"].format) == ("native", "drupelet")
    assert isinstance(ENGINES["native"], NativeEngine)


@pytest.mark.parametrize("keep", ["head", "tail", "ends"])
@pytest.mark.parametrize("max_tokens", [1, 2, 3, 7])
@pytest.mark.parametrize(("start_id", "end_id"), [(None, None), (1, 1)])
def test_a_text_of_many_times_max_tokens(tmp_path, keep, max_tokens, start_id, end_id):
    """The kernel cuts ids out of the middle while it reads on; what is left is what one cut at the end leaves."""
    pytest.importorskip("numpy")
    model = tiny_model()
    rules = replace(model.text_rules, keep=keep, max_tokens=max_tokens, start_id=start_id, end_id=end_id)
    path = tmp_path / "model.drupelet"
    graph = replace(model.graph, max_tokens=max_tokens)
    path.write_bytes(model_file(replace(model, graph=graph, text_rules=rules)))
    native, numpy = (drupelet.load(path, engine) for engine in ("native", "numpy"))
    for count in (*range(30), 1000):
        text = " ".join(TINY_WORDS[n * 7 % len(TINY_WORDS)] for n in range(count))
        assert native.encode(text) == numpy.encode(text)

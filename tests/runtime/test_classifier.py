import collections
import copy
import math
import multiprocessing
import pickle
import struct
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import drupelet
from drupelet.bundle import open_bundle
from drupelet.classifier import (
    BATCH_CHARACTERS,
    BATCH_TEXTS,
    SHARED_CHARACTERS,
    SHARED_TEXTS,
    Classifier,
    named_format,
)
from drupelet.engines import ENGINES
from drupelet.errors import BundleReplacedError, EngineUnavailableError, FormatError, InputError, OutOfMemoryError
from drupelet.graph import Node
from drupelet.operations.dense import Dense
from drupelet.prediction import Prediction
from runtime.format_writer import model_file
from runtime.native.file_surgery import patched, sealed_vocabulary, with_payload
from runtime.networks import TINY_KERAS_IDS, TINY_WORDS
from runtime.oracle import OracleEngine

TEXTS = [" ".join(TINY_WORDS[:n]) for n in range(1, len(TINY_WORDS) + 1)] + [
    "",
    "?",
    "qzx",
    "\ud800",
]


@pytest.fixture
def classifier(full_bundle, engine_name):
    """The tiny model on each engine."""
    return drupelet.load(full_bundle, engine_name)


def test_answers_are_those_of_the_reference(classifier, model, goldens):
    answers = list(classifier.stream(golden.whole_text for golden in goldens))
    assert len(answers) == len(goldens)
    for golden, got in zip(goldens, answers):
        assert got.probabilities == pytest.approx(golden.probabilities, abs=1e-6)
        assert got.label == model.labels[golden.probabilities.index(max(golden.probabilities))]
        assert got.probability == max(got.probabilities)
        assert got.n_tokens == sum(row > 1 for row in golden.ids)
        assert classifier.keras_ids(golden.text) == list(golden.ids)
        ids = classifier.encode(golden.text)
        of_keras = [[0, 1, *TINY_KERAS_IDS][rank] for rank in ids] if classifier.model.format == "drupelet" else ids
        assert of_keras == list(golden.ids)


def test_the_same_text_gives_the_same_bits_whatever_came_before(classifier):
    first = [classifier(text) for text in TEXTS]
    assert [classifier(text) for text in reversed(TEXTS)] == first[::-1]
    assert classifier.predict(TEXTS) == classifier.predict(TEXTS)


def test_a_batch_answers_like_its_texts_one_by_one(classifier):
    for texts in (TEXTS, TEXTS * 9, TEXTS[::-1], []):
        answers = classifier.predict(texts)
        assert len(answers) == len(texts)
        for one, together in zip(map(classifier, texts), answers):
            assert together.probabilities == pytest.approx(one.probabilities, abs=1e-6)
            assert (together.label, together.n_tokens) == (one.label, one.n_tokens)


def test_texts_before_and_after_an_empty_one_are_not_touched_by_it(classifier):
    alone = classifier("a wonderful film")
    for batch in (["", "a wonderful film"], ["a wonderful film", ""], ["", "", "a wonderful film", ""]):
        assert classifier.predict(batch)[batch.index("a wonderful film")].probabilities == pytest.approx(
            alone.probabilities, abs=1e-6
        )


def test_many_threads_at_once_get_equal_answers(classifier):
    expected = [classifier(text) for text in TEXTS]
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: [classifier(text) for text in TEXTS], range(24))
    assert all(answer == expected for answer in answers)


def test_a_text_without_any_token_has_an_answer(classifier):
    empty = classifier("")
    assert empty.n_tokens == 0
    assert sum(empty.probabilities) == pytest.approx(1)
    assert classifier(" \u2003???").probabilities == empty.probabilities


def test_a_stream_is_answered_as_it_comes(classifier):
    taken = []

    def texts():
        for number in range(10 * BATCH_TEXTS):
            taken.append(number)
            yield "a good film"

    stream = classifier.stream(texts())
    assert taken == []
    next(stream)
    assert len(taken) <= BATCH_TEXTS
    assert len(list(stream)) == 10 * BATCH_TEXTS - 1


@pytest.mark.parametrize("method", ["predict", "stream"])
def test_one_string_is_not_a_list_of_texts(classifier, method):
    with pytest.raises(InputError, match=r"predict got one string where it expects a list of texts; write predict\(\["):
        list(getattr(classifier, method)("a good film"))


@pytest.mark.parametrize("texts", [[b"bytes"], [None], b"bytes", [["a"]]])
def test_what_is_no_text(bundle_folder, texts, drupelet_engine):
    with pytest.raises(InputError, match="text"):
        drupelet.load(bundle_folder, drupelet_engine).predict(texts)


class TextEngine:
    """An engine that answers texts itself, and remembers which."""

    name = "texts"
    format = "drupelet"

    def __init__(self):
        self.batches = []

    def check(self):
        return None

    def version(self):
        return "texts 1"

    def load(self, bundle, model):
        return self

    def answer(self, texts):
        self.batches.append(texts)
        return [Prediction(("positive", 0.75, (0.25, 0.75), len(text.split()))) for text in texts]

    def encode(self, text):
        return [len(word) for word in text.split()]


@pytest.fixture
def text_classifier(bundle_copy):
    """A classifier on an engine that answers texts itself, of a bundle whose vocabulary cannot be read."""
    bundle = open_bundle(bundle_copy)
    (bundle_copy / "vocabulary.bin").unlink()
    engine = TextEngine()
    return Classifier(bundle, engine, bundle.model("drupelet")), engine


def test_an_engine_that_answers_texts_gets_the_texts(text_classifier):
    classifier, engine = text_classifier
    assert classifier("a b") == Prediction(("positive", 0.75, (0.25, 0.75), 2))
    assert [answer.n_tokens for answer in classifier.predict(["", "a", "b c"])] == [0, 1, 2]
    assert engine.batches == [["a b"], ["", "a", "b c"]]
    assert classifier.encode("a bc") == [1, 2]
    assert (classifier.engine, classifier.labels) == ("texts", ("negative", "positive"))


def test_an_engine_that_answers_texts_gets_a_stream_in_batches(text_classifier):
    classifier, engine = text_classifier
    stream = classifier.stream(iter(["a"] * (BATCH_TEXTS + 1)))
    next(stream)
    assert [len(batch) for batch in engine.batches] == [BATCH_TEXTS]
    assert len(list(stream)) == BATCH_TEXTS
    assert [len(batch) for batch in engine.batches] == [BATCH_TEXTS, 1]


def test_long_texts_fill_a_batch(text_classifier):
    classifier, engine = text_classifier
    half = "a" * (BATCH_CHARACTERS // 2)
    assert len(list(classifier.stream([half, half, half, "a", half + half, half]))) == 6
    assert [len(batch) for batch in engine.batches] == [2, 3, 1]
    assert [answer.n_tokens for answer in classifier.predict([half] * 3)] == [1] * 3
    assert [len(batch) for batch in engine.batches[3:]] == [2, 1]


@pytest.mark.parametrize("way", ["predict", "stream", "stream_utf8"])
def test_a_long_text_is_let_go_before_the_next_one_is_read(text_classifier, way):
    classifier, engine = text_classifier
    engine.batches = collections.deque(maxlen=0)  # holds none of them
    alive = []
    kind = bytes if way == "stream_utf8" else str

    class LongText(kind):
        def decode(self):
            return "a"

        def __del__(self):
            alive.pop()

    def texts():
        for _ in range(3):
            assert alive == []
            alive.append(True)
            yield LongText((b"a" if kind is bytes else "a") * BATCH_CHARACTERS)

    engine.answer_utf8 = lambda batch: engine.answer([text.decode() for text in batch])
    assert len(list(getattr(classifier, way)(texts()))) == 3


@pytest.mark.parametrize("text", [b"bytes", None, 1, ["a"]])
def test_texts_are_strings_on_every_engine(full_bundle, engine_name, text):
    classifier = drupelet.load(full_bundle, engine_name)
    with pytest.raises(InputError, match=r"^a text is .*, expected a string$"):
        classifier(text)
    with pytest.raises(InputError, match=r"^a text is .*, expected a string$"):
        classifier.predict(["a", text])


def test_auto_is_the_first_engine_that_can_run(full_bundle, bundle_folder):
    usable = [name for name, engine in ENGINES.items() if engine.check() is None]
    if not {"native", "numpy"} & set(usable):
        pytest.skip("no engine that reads .drupelet files runs here")
    assert drupelet.load(full_bundle).engine == usable[0]
    reading = [name for name in usable if ENGINES[name].format == "drupelet"]
    assert drupelet.load(bundle_folder / "model.f32.drupelet").engine == reading[0]
    if usable[0] == "native":
        assert drupelet.load(bundle_folder).engine == "native"
        assert drupelet.load(str(bundle_folder)).model.entry.file == "model.f32.drupelet"


def test_auto_goes_on_to_the_next_engine_when_one_is_missing(bundle_folder, monkeypatch, onnx, numpy):
    monkeypatch.setattr(ENGINES["native"], "check", lambda: "no native today", raising=False)
    assert drupelet.load(bundle_folder).engine == "onnx"
    monkeypatch.setattr(ENGINES["onnx"], "check", lambda: "no onnx today", raising=False)
    assert drupelet.load(bundle_folder).engine == "numpy"


def test_no_engine_at_all_gives_every_reason(bundle_folder, monkeypatch):
    for name in ("native", "onnx", "numpy"):
        monkeypatch.setattr(ENGINES[name], "check", lambda name=name: f"no {name} today", raising=False)
    with pytest.raises(
        EngineUnavailableError,
        match=r"tiny: no engine can run this bundle here\. native: no native today; "
        r"litert: the bundle has no tflite file, only model\.f32\.drupelet, model\.f32\.onnx; export again with --formats "
        r"tflite; "
        r"onnx: no onnx today; numpy: no numpy today",
    ):
        drupelet.load(bundle_folder)


def test_a_named_engine_that_cannot_run_is_never_swapped(bundle_folder, monkeypatch):
    with pytest.raises(
        EngineUnavailableError,
        match=r"tiny: engine 'litert' cannot run: the bundle has no tflite file, only .*; export",
    ):
        drupelet.load(bundle_folder, "litert")
    monkeypatch.setattr(ENGINES["onnx"], "check", lambda: "the library is missing: pip install it", raising=False)
    with pytest.raises(
        EngineUnavailableError, match=r"engine 'onnx' cannot run: the library is missing: pip install it"
    ):
        drupelet.load(bundle_folder, "onnx")


def test_a_scheme_that_the_bundle_lacks(bundle_folder):
    for engine in ("auto", "onnx"):
        with pytest.raises(
            EngineUnavailableError,
            match=r"tiny: no file of scheme wi8; the bundle has f32: choose one of those, or export again with --schemes wi8$",
        ):
            drupelet.load(bundle_folder, engine, "wi8")


def test_a_scheme_that_a_format_lacks(bundle_copy, edit_manifest):
    def change(data):
        data["models"] = [
            {**entry, "scheme": "wi8"} if entry["format"] == "onnx" else entry for entry in data["models"]
        ]

    edit_manifest(bundle_copy, change)
    bundle = open_bundle(bundle_copy)
    with pytest.raises(
        EngineUnavailableError,
        match=r"engine 'onnx' cannot run: the bundle has no f32 onnx file; its onnx files have scheme wi8: choose one of "
        r"those, or export again with --formats onnx --schemes f32$",
    ):
        drupelet.load(bundle, "onnx", "f32")
    with pytest.raises(
        EngineUnavailableError, match=r"no tflite file, only .*; export again with --formats tflite --schemes f32$"
    ):
        drupelet.load(bundle, "litert", "f32")


def test_a_scheme_chooses_among_files(bundle_copy, edit_manifest, replace_file, model, drupelet_engine):
    def add(data):
        data["models"].append({**data["models"][0], "file": "model.f16.drupelet", "scheme": "f16"})

    edit_manifest(bundle_copy, add)
    replace_file(bundle_copy, "model.f16.drupelet", model_file(model, "f16"))
    assert drupelet.load(bundle_copy, drupelet_engine).model.scheme == "f32"
    small = drupelet.load(bundle_copy, drupelet_engine, "f16")
    assert small.model.entry.file == "model.f16.drupelet"
    # The weights of the tiny model are multiples of 1/16: float16 holds them exactly.
    assert small("a good film") == drupelet.load(bundle_copy, drupelet_engine, "f32")("a good film")


@pytest.mark.parametrize("says", ["f16", "wi8", "wi4"])
def test_a_file_of_another_scheme_than_the_manifest_says(bundle_copy, edit_manifest, drupelet_engine, says):
    edit_manifest(bundle_copy, lambda data: data["models"][0].update(scheme=says))
    message = rf"tiny: model\.f32\.drupelet: its scheme is f32, the manifest says {says}; export it again$"
    with pytest.raises(FormatError, match=message):
        drupelet.load(bundle_copy, drupelet_engine, says)


def test_a_small_file_that_the_manifest_calls_f32(bundle_copy, replace_file, model, drupelet_engine):
    replace_file(bundle_copy, "model.f32.drupelet", model_file(model, "f16"))
    with pytest.raises(FormatError, match="its scheme is f16, the manifest says f32; export it again"):
        drupelet.load(bundle_copy, drupelet_engine)


def test_a_bundle_that_failed_parity_warns(bundle_copy, edit_manifest, any_engine):
    edit_manifest(bundle_copy, lambda data: data.update(verdict="failed"))
    for place in (bundle_copy, open_bundle(bundle_copy)):
        with pytest.warns(
            UserWarning, match=r"tiny: did not answer like Keras when it was exported \(parity: failed\)"
        ) as told:
            answer = drupelet.load(place, any_engine)("good")
        assert [warning.filename for warning in told] == [__file__]  # it points to the caller
        assert answer.label in ("negative", "positive")


def test_what_was_proved_stands_in_the_loaded_classifier(bundle_copy, edit_manifest, any_engine):
    loaded = drupelet.load(bundle_copy, any_engine)
    assert (loaded.proof, loaded.reference) == ("ids", "Keras, asked with ids that drupelet made")
    edit_manifest(bundle_copy, lambda data: data.update(proof="text", reference="answers.csv"))
    loaded = drupelet.load(bundle_copy, any_engine)
    assert (loaded.proof, loaded.reference) == ("text", "answers.csv")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("verdict", ["passed", "not run"])
def test_a_bundle_that_did_not_fail_loads_without_a_warning(bundle_copy, edit_manifest, any_engine, verdict):
    edit_manifest(bundle_copy, lambda data: data.update(verdict=verdict))
    assert drupelet.load(bundle_copy, any_engine)("good").n_tokens == 1


@pytest.mark.parametrize(
    ("mistyped", "closest"), [("nunpy", "numpy"), ("onx", "onnx"), ("lite", "litert"), ("atuo", "auto")]
)
def test_a_mistyped_engine_gets_the_closest_match(bundle_folder, mistyped, closest):
    with pytest.raises(
        InputError, match=rf"engine '{mistyped}' is not known; did you mean '{closest}'\? \(known: auto,"
    ):
        drupelet.load(bundle_folder, mistyped)


def test_an_engine_like_no_other_gets_the_list(bundle_folder):
    with pytest.raises(InputError, match=r"engine 'xyz' is not known \(known: auto, native, litert, onnx, numpy\)"):
        drupelet.load(bundle_folder, "xyz")


def test_a_format_by_name():
    assert [named_format(name) for name in ("drupelet", "onnx", "tflite")] == ["drupelet", "onnx", "tflite"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("native", r"^format 'native' is not known: native is an engine; its files have format drupelet "
                   r"\(known: drupelet, onnx, tflite\)$"),
        ("litert", "^format 'litert' is not known: litert is an engine; its files have format tflite "),
        ("drupelt", r"^format 'drupelt' is not known; did you mean 'drupelet'\? \(known: drupelet, onnx, tflite\)$"),
        ("keras", r"^format 'keras' is not known \(known: drupelet, onnx, tflite\)$"),
    ],
)  # fmt: skip
def test_a_format_of_another_name(name, message):
    with pytest.raises(InputError, match=message):
        named_format(name)


def test_a_mistyped_scheme_gets_the_closest_match(bundle_folder):
    with pytest.raises(
        InputError, match=r"scheme 'w8' is not known; did you mean 'wi8'\? \(known: f32, f16, wi8, wi4\)"
    ):
        drupelet.load(bundle_folder, scheme="w8")


def test_a_model_with_other_classes_than_the_labels(model, bundle_copy, replace_file, drupelet_engine):
    """A file that was put under another manifest, hashes made right: an error with a name when it is loaded."""
    nodes = (*model.graph.nodes[:-1], Node(Dense(3), model.graph.nodes[-1].inputs))
    wider = replace(model.with_graph(nodes=nodes), labels=("a", "b", "c"))
    wider = wider.with_weights(dense__2__kernel=range(9), dense__2__bias=(99, 100, 101))
    replace_file(bundle_copy, "model.f32.drupelet", model_file(wider))
    with pytest.raises(
        FormatError, match=r"model\.f32\.drupelet: holds another network, text rules, labels or decision than the"
    ):
        drupelet.load(bundle_copy, drupelet_engine)


@pytest.mark.parametrize("words", [17, 20])
def test_a_model_file_with_more_words_than_keras_has_rows(model, bundle_copy, replace_file, drupelet_engine, words):
    longer = replace(model.with_rows(2 + words), words=tuple(f"w{n:03}" for n in range(words)))
    longer = longer.with_weights(embedding__0__table=[0.5] * (2 + words) * 4)
    replace_file(bundle_copy, "model.f32.drupelet", model_file(longer))
    with pytest.raises(
        FormatError, match=rf"model\.f32\.drupelet: {2 + words} embedding rows, the Keras model has 16; export it again"
    ):
        drupelet.load(drupelet.open_bundle(bundle_copy), drupelet_engine)


def test_a_model_file_of_another_vocabulary_has_no_ids_of_keras(model, bundle_copy, replace_file, drupelet_engine):
    longer = replace(model.with_rows(15), words=(*model.words, "zest"))
    longer = longer.with_weights(embedding__0__table=[0.5] * 15 * 4)
    replace_file(bundle_copy, "model.f32.drupelet", model_file(longer))
    classifier = drupelet.load(bundle_copy, drupelet_engine)
    message = r"tiny: model\.f32\.drupelet holds other words than vocabulary\.bin; export it again"
    with pytest.raises(FormatError, match=message):
        classifier.keras_ids("good film")


def test_a_model_file_with_another_word_has_no_ids_of_keras(model, bundle_copy, replace_file, drupelet_engine):
    replace_file(bundle_copy, "model.f32.drupelet", model_file(replace(model, words=("aa", *model.words[1:]))))
    with pytest.raises(FormatError, match=r"holds other words than vocabulary\.bin; export it again"):
        drupelet.load(bundle_copy, drupelet_engine).keras_ids("good film")


def test_a_single_file_does_not_know_the_ids_of_keras(bundle_folder, drupelet_engine):
    classifier = drupelet.load(bundle_folder / "model.f32.drupelet", drupelet_engine)
    assert classifier.encode("A wonderful film!") == [2, 13, 6]
    with pytest.raises(InputError, match=r"a \.drupelet file does not hold Keras's ids; use its bundle"):
        classifier.keras_ids("A wonderful film!")


def test_a_vocabulary_block_with_more_words_than_announced_gives_no_id_beyond_the_embedding(
    model, bundle_copy, replace_file
):
    def with_a_word_more(content):
        return sealed_vocabulary(patched(content, 28, struct.pack("<I", len(content) - 40 + 4)) + b"\x03zzz")

    replace_file(bundle_copy, "model.f32.drupelet", with_payload(model_file(model), "vocabulary", with_a_word_more))
    bundle = open_bundle(bundle_copy)
    try:
        ids = Classifier(bundle, OracleEngine(), bundle.model("drupelet")).encode("zzz")
    except FormatError:
        return
    assert ids == [model.text_rules.unknown_id]


def test_a_model_that_averages_answers_nan_and_its_first_label_when_there_is_no_token(model, tmp_path, drupelet_engine):
    path = tmp_path / "average.drupelet"
    path.write_bytes(model_file(model.with_pooling("average")))
    prediction = drupelet.load(path, drupelet_engine)("")
    assert all(math.isnan(value) for value in prediction.probabilities)
    assert (prediction.label, prediction.n_tokens) == ("negative", 0)
    assert not math.isnan(drupelet.load(path, drupelet_engine)("good").probability)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_threads_share_the_texts_and_change_no_bit(full_bundle, engine_name, threads):
    texts = ["a good film", "", "very bad", "the wonderful movie", "boring"] * 40
    alone = drupelet.load(full_bundle, engine_name)
    shared = drupelet.load(full_bundle, engine_name, threads=threads)
    assert shared.predict(texts) == alone.predict(texts) == list(shared.stream(texts, 7))
    assert shared.predict([]) == []
    assert shared("very bad") == alone("very bad")


def test_a_stream_of_short_texts_is_taken_in_larger_batches_where_the_kernel_shares_them(full_bundle):
    taken = []
    shared = drupelet.load(full_bundle, "native", threads=2)
    stream = shared.stream(taken.append(n) or "a good film" for n in range(10_000))
    next(stream)
    assert len(taken) == 2 * SHARED_TEXTS
    assert len(list(stream)) == 9_999
    taken.clear()
    long = "a good film " * (SHARED_CHARACTERS // 12)
    next(shared.stream(taken.append(n) or long for n in range(1000)))
    assert len(taken) == 9  # of a batch that is full with characters


@pytest.mark.parametrize("threads", [1, 3])
def test_batches_are_those_of_the_stream(full_bundle, any_engine, threads):
    classifier = drupelet.load(full_bundle, any_engine, threads=threads)
    texts = [f"a good film {'bad ' * (number % 5)}" for number in range(500)]
    batches = list(classifier.batches_utf8([text.encode() for text in texts]))
    assert [answer for batch in batches for answer in batch] == list(classifier.stream(texts))
    assert all(batches)


@pytest.mark.parametrize("threads", [0, -1])
def test_no_thread_answers_nothing(full_bundle, any_engine, threads):
    with pytest.raises(InputError, match=rf"threads is {threads}, expected 1 or more"):
        drupelet.load(full_bundle, any_engine, threads=threads)


def unpickled(content):
    return pickle.loads(content)  # noqa: S301 - our own bytes


@pytest.mark.parametrize("threads", [1, 2])
def test_a_pickled_classifier_answers_alike_elsewhere(full_bundle_folder, engine_name, threads, tmp_path, monkeypatch):
    monkeypatch.chdir(full_bundle_folder.parent)
    classifier = drupelet.load(full_bundle_folder.name, engine_name, threads=threads)
    monkeypatch.chdir(tmp_path)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        answers = pool.submit(classifier.predict, TEXTS).result(60)
    assert answers == classifier.predict(TEXTS)
    again = unpickled(pickle.dumps(classifier))
    assert (again.engine, again.model, again.bundle.manifest) == (
        classifier.engine, classifier.model, classifier.bundle.manifest
    )  # fmt: skip


def test_a_pickle_names_the_place_and_holds_no_model(full_bundle, engine_name):
    assert len(pickle.dumps(drupelet.load(full_bundle, engine_name))) < 1000


def test_a_single_file_is_pickled_too(bundle_folder, drupelet_engine):
    classifier = drupelet.load(bundle_folder / "model.f32.drupelet", drupelet_engine)
    assert unpickled(pickle.dumps(classifier))("good") == classifier("good")


def test_a_pickle_of_a_bundle_that_was_replaced_since(bundle_copy, any_engine, edit_manifest):
    pickled = pickle.dumps(drupelet.load(bundle_copy, any_engine))
    edit_manifest(bundle_copy, lambda data: data.update(name="another"))
    with pytest.raises(
        BundleReplacedError, match=r"tiny: is another bundle than the one of the pickled classifier \(sha2"
    ):
        unpickled(pickled)


def test_a_copy_of_a_classifier_is_the_classifier(bundle_folder, any_engine):
    classifier = drupelet.load(bundle_folder, any_engine)
    assert copy.copy(classifier) is classifier
    assert copy.deepcopy([classifier])[0] is classifier


def test_a_classifier_on_an_engine_of_ones_own_cannot_be_pickled(text_classifier):
    with pytest.raises(InputError, match=r"engine of your own \('texts'\) cannot be pickled; load it where it is used"):
        pickle.dumps(text_classifier[0])


def test_a_classifier_loads_where_the_working_directory_is_gone(bundle_folder, any_engine, tmp_path, monkeypatch):
    bundle = open_bundle(bundle_folder)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    classifier = drupelet.load(replace(bundle, path="tiny"), any_engine)
    assert classifier("good").label
    assert classifier.__reduce__()[1][0] == "tiny"


@pytest.fixture
def without_memory(bundle_copy):
    """A classifier on an engine that gets no memory."""

    class NoMemory(TextEngine):
        def answer(self, texts):
            raise MemoryError

        def encode(self, text):
            raise MemoryError

        def run(self, batch):
            raise MemoryError

    bundle = open_bundle(bundle_copy)
    return lambda threads: Classifier(bundle, NoMemory(), bundle.model("drupelet"), threads)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "ask",
    [
        lambda classifier: classifier("good"),
        lambda classifier: classifier.predict(["good", "bad"]),
        lambda classifier: list(classifier.stream(["good"])),
        lambda classifier: classifier.predict_ids([[]]),
        lambda classifier: classifier.encode("good"),
        lambda classifier: classifier.keras_ids("good"),
    ],
)
def test_an_answer_without_memory_is_an_error_of_ours(without_memory, ask, threads):
    with pytest.raises(
        OutOfMemoryError, match=r"tiny: memory does not suffice for these texts on engine 'texts'; free s"
    ):
        ask(without_memory(threads))


def test_a_model_without_memory_is_an_error_of_ours(bundle_folder, any_engine, monkeypatch):
    def load(bundle, model):
        raise MemoryError

    monkeypatch.setattr(ENGINES[any_engine], "load", load, raising=False)
    with pytest.raises(OutOfMemoryError, match="tiny: memory does not suffice to load this bundle; free some"):
        drupelet.load(bundle_folder, any_engine)


@pytest.mark.parametrize("sign", ["std::bad_alloc", "Failed to allocate memory for requested buffer of size 800"])
def test_a_library_that_says_that_there_is_no_memory(full_bundle, onnx, monkeypatch, sign):
    session = drupelet.load(full_bundle, "onnx")

    def run(names, feed):
        raise RuntimeError(sign)

    monkeypatch.setattr(session._session._session, "_session", type("NoMemory", (), {"run": staticmethod(run)})())
    with pytest.raises(OutOfMemoryError, match="memory does not suffice for these texts on engine 'onnx'"):
        session("good")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no limit of memory that holds")
def test_a_long_text_in_little_memory_is_an_error_of_ours(bundle_folder, drupelet_engine, run_in_little_memory):
    code = (
        "classifier = drupelet.load(sys.argv[1], sys.argv[2]); classifier('good')\n"
        "line = 'good \\U0001f600' * (1 << 21)\n"
        "resource.setrlimit(resource.RLIMIT_AS, (int(open('/proc/self/statm').read().split()[0]) * 4096 + (4 << 20),) * 2)\n"
        "try:\n"
        "    classifier(line)\n"
        "except drupelet.OutOfMemoryError as error:\n"
        "    print('OutOfMemoryError')"
    )
    done = run_in_little_memory(code, bundle_folder, drupelet_engine, megabytes=4000)
    assert (done.stdout, done.returncode) == ("OutOfMemoryError\n", 0), done.stderr

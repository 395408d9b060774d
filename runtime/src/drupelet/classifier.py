"""Loads a bundle on an engine and answers texts."""

from __future__ import annotations

import os

from drupelet.bundle import Bundle, begin_bundle, open_bundle
from drupelet.engines import ENGINES
from drupelet.errors import (
    BundleReplacedError,
    DrupeletError,
    EngineUnavailableError,
    FormatError,
    InputError,
    OutOfMemoryError,
    closest_match,
)
from drupelet.manifest import FORMATS
from drupelet.schemes import SCHEMES

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from typing_extensions import TypeIs, TypeVar

    from drupelet.bundle import Location
    from drupelet.encoded_session import TextEncoder
    from drupelet.engines.protocol import Engine, Session, TextSession
    from drupelet.explanation import Explainer, Explanation
    from drupelet.following import Follower
    from drupelet.id_session import IdSession
    from drupelet.manifest import ModelEntry
    from drupelet.prediction import Prediction

    Text = TypeVar("Text", str, bytes)

BATCH_TEXTS = 64
"""Texts that a stream hands to the engine at a time. Bounds memory, and lets engines run texts of similar length together."""
BATCH_CHARACTERS = 1 << 20
"""Characters with which a batch is full, however few its texts. 64 film reviews have 84,000; a text may have megabytes."""
SHARED_CHARACTERS = 1 << 18
"""Characters of each thread with which a batch is full where the kernel starts threads for each call: 200 film reviews, beside
whose answers the start of a thread, and the wait for the last text, are nothing."""
SHARED_TEXTS = 1024
"""Most texts of a thread in such a call, however short they are."""


class Classifier:
    """A model on an engine. Call it with one text, or :meth:`predict` with many. Safe to share between threads.

    ``proof`` is ``text`` when the bundle was compared with Keras from the raw text on, and ``ids`` when only from the ids on:
    then nobody has checked that a text becomes the ids that its owner means. ``reference`` says who gave the answers.
    """

    def __init__(self, bundle: Bundle, engine: Engine, model: ModelEntry, threads: int = 1) -> None:
        if threads < 1:
            raise InputError(f"threads is {threads}, expected 1 or more")
        self.bundle = bundle
        self.engine = engine.name
        self.model = model
        self.proof = bundle.manifest.proof
        self.reference = bundle.manifest.reference
        self._session = _text_session(bundle, engine, model)
        known: tuple[str, ...] | None = getattr(self._session, "labels", None)
        self.labels = bundle.manifest.labels if known is None else known
        self._answer = self._session.answer
        self._keras_ids: list[int] | None = None  # of the engine's ids; read when first asked for
        self._id_session: IdSession | None = None  # made when first asked for
        self._explainer: Explainer | None = None  # the same
        self._threads = threads
        self._place = _absolute(bundle.path)
        self._by_name = engine is ENGINES.get(engine.name)
        self._answer_batch = self._answer
        shared = getattr(self._session, "answer_shared", None) if threads > 1 else None
        if shared is not None:
            self._answer_batch = lambda texts: shared(texts, threads)
        elif threads > 1:
            from drupelet.shared_threads import SharedThreads

            self._answer_batch = SharedThreads(self._answer, threads).answer
        self._kernel_shares = shared is not None

    def __reduce__(self) -> tuple[Callable[..., Classifier], tuple[object, ...]]:
        """What pickle stores: the absolute path of the bundle, the options, and the digest of the manifest.

        The process that unpickles loads the bundle from that path, on the same engine. Raises BundleReplacedError there when
        another bundle has taken its place, and InputError here for an engine that is none of :data:`drupelet.engines.ENGINES`.
        """
        if not self._by_name:
            raise InputError(
                f"a classifier on an engine of your own ({self.engine!r}) cannot be pickled; load it where it is used"
            )
        return _load_again, (self._place, self.engine, self.model.scheme, self._threads, self.bundle.manifest.digest)

    def __copy__(self) -> Classifier:
        """Itself: nothing in it changes, and threads may share it."""
        return self

    def __deepcopy__(self, _: dict[int, object]) -> Classifier:
        """Itself."""
        return self

    def __call__(self, text: str) -> Prediction:
        """The answer for one text. Raises OutOfMemoryError where memory does not suffice for it."""
        try:
            return self._answer([text])[0]
        except MemoryError as error:
            raise self._out_of_memory() from error

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        """The answers for many texts, in their order. Each is the same as for the text alone (float32 rounding aside)."""
        answers: list[Prediction] = []
        for answered in self._answered(texts, BATCH_TEXTS, self._answer_batch):
            answers += answered
        return answers

    def stream(self, texts: Iterable[str], batch_texts: int = BATCH_TEXTS) -> Iterator[Prediction]:
        """The answers for any number of texts, in their order and in constant memory.

        The stream takes ``batch_texts`` per thread from ``texts`` before it answers the first of them, fewer of long ones. With
        several threads the ``native`` engine takes up to SHARED_TEXTS of short ones per thread.
        """
        for answered in self._answered(texts, batch_texts, self._answer_batch):
            yield from answered

    def stream_utf8(self, texts: Iterable[bytes], batch_texts: int = BATCH_TEXTS) -> Iterator[Prediction]:
        """The answers of :meth:`stream` for texts that are given as well-formed UTF-8.

        The ``native`` engine reads the bytes in place. Others need each text as a str, which may be larger.
        """
        for answered in self.batches_utf8(texts, batch_texts):
            yield from answered

    def batches_utf8(self, texts: Iterable[bytes], batch_texts: int = BATCH_TEXTS) -> Iterator[list[Prediction]]:
        """The answers of :meth:`stream_utf8`, a list for each batch."""
        answer = getattr(self._session, "answer_utf8", None)
        if answer is None:
            return self._answered(map(bytes.decode, texts), batch_texts, self._answer_batch)
        return self._answered(texts, batch_texts, self._answer_batch if self._kernel_shares else answer)

    def _answered(
        self, texts: Iterable[Text], batch_texts: int, answer: Callable[[list[Any]], list[Prediction]]
    ) -> Iterator[list[Prediction]]:
        for batch in _batches(texts, batch_texts, self._threads, self._kernel_shares):
            try:
                answers = answer(batch)
            except MemoryError as error:
                raise self._out_of_memory() from error
            del batch  # long texts are gone before the next are read
            yield answers

    def predict_ids(self, rows: Iterable[Sequence[int]]) -> list[Prediction]:
        """The answers for rows of Keras's ids, in their order, as :meth:`predict` gives them for the texts of these ids.

        A row is what the embedding of the Keras model takes: as :meth:`keras_ids` gives it or as your own pipeline does, padded
        or not, with at most ``max_tokens`` ids. ``n_tokens`` of an answer counts the ids that are words of the vocabulary.
        Raises InputError, naming the row, counted from 0, for anything else, and for a single .drupelet file.
        """
        from itertools import islice

        answers: list[Prediction] = []
        remaining = iter(rows)
        while batch := list(islice(remaining, BATCH_TEXTS)):
            try:
                answers += self._session_of_ids().answer(batch, len(answers))
            except MemoryError as error:
                raise self._out_of_memory() from error
        return answers

    def follow(self) -> Follower:
        """A follower of a text that arrives piece by piece, with the answer of :meth:`predict` after each piece."""
        from drupelet.following import Follower

        return Follower(self._session, self._out_of_memory)

    def explain(
        self, text: str, label: str | None = None, quick: bool = False, most_words: int | None = None
    ) -> Explanation:
        """Which words decided: what each did to the probability of a label, by default that of the answer.

        Each word is left out in turn, so the cost grows with the square of the text; ``most_words`` leaves out the first that
        are read, and no more. ``quick`` leaves none out, and has the exact sum over words alone, at the cost of a few answers;
        not every network has one. Raises InputError for a label that is none, for a text that is too long to explain, and
        where ``quick`` finds no sum.
        """
        from drupelet.explanation import Explainer

        if self._explainer is None:
            self._explainer = Explainer(self.bundle, self.engine, self._session)
        try:
            return self._explainer.explain(text, label, quick, most_words)
        except MemoryError as error:
            raise self._out_of_memory() from error

    def _session_of_ids(self) -> IdSession:
        if self._id_session is None:
            from drupelet.id_session import IdSession

            self._id_session = IdSession(self.bundle, self.model, self._session, self._known_ids())
        return self._id_session

    def encode(self, text: str) -> list[int]:
        """The ids that the engine runs on for this text.

        For an .onnx or .tflite file they are Keras's, as :meth:`keras_ids`. A .drupelet file has ids of its own.
        """
        try:
            return self._session.encode(text)
        except MemoryError as error:
            raise self._out_of_memory() from error

    @property
    def encoder(self) -> TextEncoder | None:
        """What makes ids of texts in Python; None where the kernel of the engine does it. It may be set to an equal one."""
        return getattr(self._session, "encoder", None)

    @encoder.setter
    def encoder(self, encoder: TextEncoder) -> None:
        self._session.encoder = encoder  # type: ignore[attr-defined]  # only sessions that encode in Python are given one

    def keras_ids(self, text: str) -> list[int]:
        """The same ids as the Keras model knows them: without the padding that it masks, or with the padding that it does not.

        Raises InputError for a single .drupelet file, which does not hold Keras's ids, and FormatError for one that has other
        words than its bundle.
        """
        ids, known = self.encode(text), self._known_ids()
        return ids if known is None else [known[number] for number in ids]

    def _out_of_memory(self) -> OutOfMemoryError:
        return OutOfMemoryError(
            f"{self.bundle.path}: memory does not suffice for these texts on engine {self.engine!r}; free some, or give "
            "shorter texts, or fewer at a time"
        )

    def _known_ids(self) -> list[int] | None:
        """Keras's id for each id of the engine; None where the engine has Keras's."""
        if self._keras_ids is None and self.model.format == "drupelet":
            self._keras_ids = _keras_ids_of_file(self.bundle, self.model)
        return self._keras_ids


def load(
    location: Location | Bundle,
    engine: str = "auto",
    scheme: str | None = None,
    threads: int = 1,
    keys: Sequence[str] | None = None,
) -> Classifier:
    """The classifier of a bundle, ready to answer.

    The engine ``auto`` is the first of :data:`drupelet.engines.ENGINES` that runs here and has a file in the bundle. An
    engine of a foreign library first passes a smoke test with that very file, once, in a child process: if the library
    crashes or hangs, the next engine is taken. A named engine that cannot run raises EngineUnavailableError and is never
    swapped for another one. It has no smoke test, which would cost a second start.
    ``scheme`` chooses among several files of a format; None takes the smallest. ``threads`` answer the texts of
    one call; each text is answered by one thread, so the answers do not depend on their number. ``keys`` are those of
    :func:`drupelet.open_bundle`: only a bundle that one of them signed is loaded.

    A bundle that is replaced meanwhile is loaded anew, once; raises BundleReplacedError when it is replaced again.
    Raises OutOfMemoryError where memory does not suffice.
    """
    try:
        if isinstance(location, Bundle):
            if keys is not None:
                raise InputError(f"{location.path}: is open already; give the keys to open_bundle")
            return _load(location, engine, scheme, threads)
        try:
            return _load(begin_bundle(location, keys), engine, scheme, threads)
        except BundleReplacedError:
            return _load(begin_bundle(location, keys), engine, scheme, threads)
    except MemoryError as error:
        where = location.path if isinstance(location, Bundle) else os.fsdecode(location)
        raise OutOfMemoryError(f"{where}: memory does not suffice to load this bundle; free some") from error


def _load_again(path: str, engine: str, scheme: str, threads: int, digest: str) -> Classifier:
    """The classifier that was pickled. Raises BundleReplacedError unless the bundle has the manifest that it had then."""
    bundle = open_bundle(path)
    if bundle.manifest.digest != digest:
        raise BundleReplacedError(
            f"{path}: is another bundle than the one of the pickled classifier (sha256 of the manifest "
            f"{bundle.manifest.digest[:12]}..., then {digest[:12]}...); load it and pickle it again"
        )
    return load(bundle, engine, scheme, threads)


def _absolute(path: str) -> str:
    """The path for another process, whose working directory may be another one. As it is where ours is gone."""
    try:
        return os.path.abspath(path)  # noqa: PTH100 - pathlib takes 9 ms to import, on the way to the first answer
    except FileNotFoundError:
        return path


def _load(bundle: Bundle, engine: str, scheme: str | None, threads: int) -> Classifier:
    if bundle.manifest.verdict == "failed":
        import warnings

        warnings.warn(f"{bundle.path}: did not answer like Keras when it was exported (parity: failed)", stacklevel=3)
    if scheme is not None and scheme not in SCHEMES:
        raise InputError(f"scheme {scheme!r} is not known{closest_match(scheme, SCHEMES)}")
    if scheme is not None and all(model.scheme != scheme for model in bundle.manifest.models):
        raise EngineUnavailableError(
            f"{bundle.path}: no file of scheme {scheme}; the bundle has {_schemes(bundle.manifest.models)}: choose one of "
            f"those, or export again with --schemes {scheme}"
        )
    if engine != "auto":
        chosen = named_engine(engine, ("auto", *ENGINES))
        reason = unavailable_reason(bundle, chosen, scheme)
        if reason is not None:
            raise EngineUnavailableError(f"{bundle.path}: engine {engine!r} cannot run: {reason}")
        return _classifier(bundle, chosen, scheme, threads)
    reasons = []
    for candidate in ENGINES.values():
        reason = unavailable_reason(bundle, candidate, scheme) or smoke_test_reason(bundle, candidate, scheme)
        if reason is None:
            try:
                return _classifier(bundle, candidate, scheme, threads)
            except EngineUnavailableError as error:
                reason = str(error)
        reasons.append(f"{candidate.name}: {reason}")
    raise EngineUnavailableError(f"{bundle.path}: no engine can run this bundle here. " + "; ".join(reasons))


def named_engine(name: str, known: Sequence[str] = tuple(ENGINES)) -> Engine:
    """The engine of that name. Raises InputError for any other name, with the closest of the ``known`` names."""
    if name not in ENGINES:
        raise InputError(f"engine {name!r} is not known{closest_match(name, known)}")
    return ENGINES[name]


def named_format(name: str) -> str:
    """The file format of that name. Raises InputError for any other name; for an engine's it says which format that reads."""
    if name in FORMATS:
        return name
    if name in ENGINES:
        hint = f": {name} is an engine; its files have format {ENGINES[name].format} (known: {', '.join(FORMATS)})"
    else:
        hint = closest_match(name, FORMATS)
    raise InputError(f"format {name!r} is not known{hint}")


def unavailable_reason(bundle: Bundle, engine: Engine, scheme: str | None = None) -> str | None:
    """Why this engine cannot run this bundle here, as far as that shows without a smoke test; None when it may.

    Raises InputError as :meth:`Engine.check` does.
    """
    if bundle.model(engine.format, scheme) is not None:
        return engine.check()
    again = f"--formats {engine.format}" + ("" if scheme is None else f" --schemes {scheme}")
    of_format = [model for model in bundle.manifest.models if model.format == engine.format]
    if of_format:
        return (
            f"the bundle has no {scheme} {engine.format} file; its {engine.format} files have scheme {_schemes(of_format)}: "
            f"choose one of those, or export again with {again}"
        )
    files = ", ".join(model.entry.file for model in bundle.manifest.models)
    return f"the bundle has no {engine.format} file, only {files}; export again with {again}"


def _schemes(models: Sequence[ModelEntry]) -> str:
    """The schemes of these files, each once, in their order."""
    return ", ".join(dict.fromkeys(model.scheme for model in models))


def smoke_test_reason(bundle: Bundle, engine: Engine, scheme: str | None = None) -> str | None:
    """Why a smoke test says that the engine cannot run the file that it would load; None when it can, or needs no smoke test.

    Call it only where :func:`unavailable_reason` is None.
    """
    if not engine.libraries():
        return None
    from drupelet.engines.smoke_test import run_smoke_test

    return run_smoke_test(engine, bundle, bundle.model(engine.format, scheme)).reason


def _classifier(bundle: Bundle, engine: Engine, scheme: str | None, threads: int) -> Classifier:
    model = bundle.model(engine.format, scheme)
    assert model is not None, "the caller has checked unavailable_reason"  # noqa: S101 - for mypy
    try:
        return Classifier(bundle, engine, model, threads)
    except (DrupeletError, MemoryError):
        raise
    except Exception as error:  # a library that does not fit this machine may raise anything
        libraries = engine.libraries()
        if not libraries:
            raise
        from drupelet.engines.foreign_library import described, is_out_of_memory, remedy_for

        if is_out_of_memory(error):
            raise MemoryError from error
        library = libraries[-1].partition(".")[0]
        raise EngineUnavailableError(
            f"{bundle.path}: engine {engine.name!r} cannot run: loading {model.entry.file} with {library} raised "
            f"{described(error)}; {remedy_for(error)}, or use another engine"
        ) from error


def _keras_ids_of_file(bundle: Bundle, model: ModelEntry) -> list[int]:
    """Keras's id for each id of a .drupelet file."""
    if bundle.single_file is not None:
        raise InputError(f"{bundle.path}: a .drupelet file does not hold Keras's ids; use its bundle")
    from drupelet.rank_ids import keras_ids_of_ranks

    vocabulary, of_file = bundle.vocabulary(), bundle.alone(model).vocabulary()
    keras_ids = keras_ids_of_ranks(bundle.manifest.text_rules, vocabulary)
    if of_file.id_count != len(keras_ids) or any(one != other for one, other in zip(of_file, vocabulary)):
        raise FormatError(
            f"{bundle.path}: {model.entry.file} holds other words than {bundle.manifest.vocabulary.file}; export it again"
        )
    return keras_ids


def _text_session(bundle: Bundle, engine: Engine, model: ModelEntry) -> TextSession:
    session = engine.load(bundle, model)
    if _takes_texts(session):
        return session
    from drupelet.encoded_session import EncodedSession  # with text rules and vocabulary in Python

    return EncodedSession(bundle, model, session)


def _takes_texts(session: Session | TextSession) -> TypeIs[TextSession]:
    return hasattr(session, "answer")


def _batches(texts: Iterable[Text], batch_texts: int, threads: int, kernel_shares: bool) -> Iterator[list[Text]]:
    least_characters = SHARED_CHARACTERS * threads if kernel_shares else 0
    most_texts = max(batch_texts, SHARED_TEXTS) * threads
    if isinstance(texts, (str, bytes)):
        raise InputError("predict got one string where it expects a list of texts; write predict([text])")
    batch: list[Text] = []
    characters = 0
    for text in texts:
        batch.append(text)
        characters += len(text) if isinstance(text, (str, bytes)) else 0  # the session refuses what is no text
        del text  # a long one is gone with its batch, before the next is read
        is_enough = len(batch) >= batch_texts * threads and (characters >= least_characters or len(batch) >= most_texts)
        if is_enough or characters >= BATCH_CHARACTERS * threads:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
        del batch

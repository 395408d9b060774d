"""The binding: arguments that are checked, one error class for each status, and memory that is given back."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from drupelet.errors import EngineUnavailableError, FormatError, InputError, VersionError
from runtime.native.file_surgery import patched, u32


@pytest.fixture(scope="module")
def opened(native, drupelet_file):
    return native.Model(drupelet_file, "tiny")


@pytest.mark.parametrize(
    ("damage", "tier", "error_class", "message"),
    [
        (lambda c: c[:-1], None, FormatError, r"^tiny: \d+ bytes, its header announces"),
        (lambda c: patched(c, 8, u32(7)), None, VersionError, r"^tiny: model format 7, this release reads 3; upgrade"),
        (lambda c: c, "abacus", EngineUnavailableError, r"^tiny: tier abacus: this build has no such tier$"),
    ],
    ids=["FormatError", "VersionError", "EngineUnavailableError"],
)
def test_the_class_of_an_error_at_load(native, drupelet_file, damage, tier, error_class, message):
    with pytest.raises(error_class, match=message):
        native.Model(damage(drupelet_file), "tiny", tier)


@pytest.mark.parametrize("ids", [[-1], [0, 14], [2**31], [2**62]])
def test_the_class_of_an_error_for_an_id(opened, ids):
    place = len(ids) - 1
    with pytest.raises(InputError, match=rf"^tiny: id -?\d+ at place {place}, expected 0 to 13$"):
        opened.run([ids])
    with pytest.raises(InputError, match=r"^tiny: id "):
        opened.run([[2], ids])


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited and measured the Linux way")
def test_the_class_of_an_error_for_memory():
    """In a process of its own, which may not have the memory for a text of that size."""
    code = """if True:
    import resource, sys
    from drupelet import _native
    from drupelet.errors import OutOfMemoryError
    opened = _native.Model(open(sys.argv[1], "rb").read(), "tiny")
    expected = opened.answer(["good film"])
    text = "good " * 30_000_000
    status = open("/proc/self/statm").read()
    used = int(status.split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 100_000_000, -1))
    try:
        opened.answer([text])
    except OutOfMemoryError as error:
        print(error)
    assert opened.answer(["good film"]) == expected
    """
    golden = Path(__file__).parents[2] / "golden" / "bundle-v3" / "model.f32.drupelet"
    printed = subprocess.run([sys.executable, "-c", code, golden], capture_output=True, text=True, check=True).stdout
    assert printed == "tiny: no memory for a text of 150000000 bytes; cut it\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), r"content"),
        ((bytearray(b""), "tiny"), r"bytes"),
        (("text", "tiny"), r"bytes"),
        ((b"", b"tiny"), r"str"),
        ((b"", "tiny", 3), r"str"),
    ],
)
def test_a_model_is_made_of_bytes_and_a_name(native, arguments, message):
    with pytest.raises(TypeError, match=message):
        native.Model(*arguments)


def test_texts_as_utf8_have_the_same_answers(opened):
    texts = ["good film", "", "caf\u00e9 \U0001f600 good", "bad\x00film"]
    assert opened.answer_utf8([text.encode() for text in texts]) == opened.answer(texts)
    for given in ((b"good",), b"good", None):
        with pytest.raises(TypeError, match=r"^answer_utf8 expects a list of bytes$"):
            opened.answer_utf8(given)
    for text in ("good", None, bytearray(b"good")):
        with pytest.raises(TypeError, match=r"^expected bytes, "):
            opened.answer_utf8([b"good", text])
    with pytest.raises(InputError, match=r"^tiny: byte 1 \(0xe4\) is not UTF-8; convert the text"):
        opened.answer_utf8([b"good", b"b\xe4d"])


def test_texts_are_a_list_of_strings(opened):
    for texts in (("good",), "good", None, iter(["good"])):
        with pytest.raises(TypeError, match=r"^answer expects a list of str$"):
            opened.answer(texts)
    for text in (b"good", None, 3):
        for ask in (lambda text: opened.answer(["good", text]), opened.encode, opened.words):
            with pytest.raises(InputError, match=rf"^a text is {text!r}, expected a string$"):
                ask(text)


def test_ids_are_sequences_of_numbers(opened):
    assert opened.run([]) == []
    assert opened.run(((2, 3), [4])) == opened.run([[2, 3], (4,)])
    fraction = [[[2.5]]] if sys.version_info >= (3, 10) else []  # Python 3.9 only warns, and takes 2
    for batch in (3, [3], [["a"]], [None], *fraction):
        with pytest.raises(TypeError):
            opened.run(batch)
    with pytest.raises(OverflowError):
        opened.run([[2**70]])


def test_a_lone_surrogate_is_text(opened):
    assert opened.encode("\ud800 bad") == opened.encode("bad")
    assert opened.answer(["\udfff"])[0][3] == 0


@pytest.mark.parametrize("threads", [1, 2, 3, 64, 1000])
def test_threads_that_share_a_call_change_no_bit(opened, threads):
    texts = [f"a good{' bad' * (number % 7)} film {'x' * 700}" for number in range(300)]
    for given in (texts, [], ["good film", "", "caf\u00e9 \U0001f600 \ud800"] * 3):
        assert opened.answer_shared(given, threads) == opened.answer(given)
    assert opened.answer_shared([text.encode() for text in texts], threads) == opened.answer(texts)


def test_threads_that_share_a_call_name_its_first_bad_text(opened):
    texts = [b"good film " * 80] * 300
    for number in range(100, 300):
        texts[number] = b"x" * number + b"\xff" + b"x" * 700
    for _ in range(20):
        with pytest.raises(InputError, match=r"^tiny: byte 100 \(0xff\) is not UTF-8"):
            opened.answer_shared(texts, 4)
    assert opened.answer_shared(texts[:99], 4) == opened.answer_utf8(texts[:99])


def test_what_cannot_be_shared(opened):
    for texts in ("good", (), None):
        with pytest.raises(TypeError, match=r"^answer expects a list of str$"):
            opened.answer_shared(texts, 2)
    for threads in (0, -1):
        with pytest.raises(ValueError, match=rf"^threads is {threads}, expected 1 or more$"):
            opened.answer_shared(["good"], threads)
    with pytest.raises(InputError, match=r"^a text is b'bad', expected a string$"):
        opened.answer_shared(["good", b"bad"], 2)
    with pytest.raises(TypeError, match=r"^expected bytes, "):
        opened.answer_shared([b"good", "bad"], 2)


def test_nothing_is_kept_of_models_answers_and_errors(native, drupelet_file):
    def work(times):
        for _ in range(times):
            opened = native.Model(drupelet_file, "tiny")
            opened.answer(["good film", "\ud800"])
            opened.answer_shared(["good film"] * 20, 3)
            opened.encode("good")
            opened.words("good film")
            opened.run([[2, 3]])
            for wrong in (lambda opened=opened: opened.run([[99]]), lambda: native.Model(b"", "x" * 1000)):
                with pytest.raises((InputError, FormatError)):
                    wrong()

    resource = pytest.importorskip(
        "resource", reason="no module resource: only Unix says how much memory a process had"
    )
    work(50)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work(300)
    gc.collect()
    # A session holds two megabytes: a single one left behind a round would be 600,000 KB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_000

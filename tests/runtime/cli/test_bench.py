import pytest

from drupelet import benchmark
from drupelet.engines import ENGINES
from drupelet.goldens import without_users_texts, write_goldens


@pytest.fixture(autouse=True)
def one_cold_start(monkeypatch):
    monkeypatch.setattr(benchmark, "COLD_STARTS", 1)


def test_a_line_for_every_engine(run, full_bundle_folder, any_engine):
    status, out, err = run("bench", full_bundle_folder)
    assert (status, err) == (0, "")
    header, *rows, foot = [line for line in out.splitlines() if not line.startswith("not run: ")]
    assert header.split() == ["file", "engine", "p50", "p95", "texts/s", "first", "answer", "memory"]
    assert [row.split()[1] for row in rows] == [name for name, engine in ENGINES.items() if engine.check() is None]
    assert foot.startswith("4 texts of ")


def test_json_is_one_document(run_json, full_bundle_folder, usable_engines):
    status, document = run_json("bench", full_bundle_folder, "--engine", usable_engines[0])
    assert status == 0
    assert [result["engine"] for result in document["results"]] == usable_engines[:1]


def test_no_engine_is_status_1_and_says_why(run, bundle_folder, monkeypatch):
    for name in ("native", "onnx", "numpy"):
        monkeypatch.setattr(ENGINES[name], "check", lambda name=name: f"no {name} today", raising=False)
    status, out, _ = run("bench", bundle_folder)
    assert status == 1
    assert out.splitlines()[:2] == [
        "no engine could run a file of this bundle",
        "not run: model.f32.drupelet on native: no native today",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--engine", "natve"), "engine 'natve' is not known; did you mean 'native'?"),
        (("--threads", "0"), "threads is 0, expected 1 or more"),
    ],
)
def test_bad_requests_are_status_2(run, bundle_folder, arguments, message):
    status, out, err = run("bench", bundle_folder, *arguments)
    assert (status, out) == (2, "")
    assert message in err


def test_texts_that_are_left_out_have_to_be_given(
    run, run_json, bundle_copy, replace_file, goldens, tmp_path, any_engine
):
    replace_file(bundle_copy, "goldens.jsonl", write_goldens(without_users_texts(goldens)))
    status, out, err = run("bench", bundle_copy, "--engine", any_engine)
    assert (status, out) == (2, "")
    assert "no texts to measure with: the bundle leaves them out (--private); give texts with --texts FILE" in err
    texts = tmp_path / "texts.txt"
    texts.write_text("good\nbad film\n")
    status, document = run_json("bench", bundle_copy, "--engine", any_engine, "--texts", texts)
    assert status == 0
    assert {result["latency_us"]["n"] for result in document["results"]} == {2}
    texts.write_text("")
    status, _, err = run("bench", bundle_copy, "--texts", texts)
    assert status == 2
    assert "no texts to measure with: the file of texts is empty" in err

import json

import pytest

import drupelet
from drupelet.errors import FormatError, InputError
from drupelet.goldens import read_goldens, write_goldens
from drupelet.serve.self_check_process import check, main
from runtime.networks import GOLDEN_BUNDLE


def told(capfd):
    return json.loads(capfd.readouterr().out)


def test_it_says_what_the_goldens_prove(classifier, capfd):
    bundle = classifier.bundle
    main(bundle.path, classifier.engine, classifier.model.scheme, bundle.manifest.digest)
    found = told(capfd)
    assert (found["failures"], found["texts"]) == ([], 9)
    assert found["claim"].startswith("answers like Keras")
    assert found["accuracy"] == 1.0
    assert found["accuracy_texts"] >= 4


def test_another_bundle_at_the_place_is_no_answer(classifier, capfd):
    main(classifier.bundle.path, classifier.engine, classifier.model.scheme, "0" * 64)
    assert "was replaced while it was loaded" in told(capfd)["error"]


def test_a_bundle_that_is_gone(any_engine, capfd):
    main("nowhere", any_engine, "f32", "0" * 64)
    assert "nowhere: not found" in told(capfd)["error"]


def test_other_answers_are_failures(bundle_copy, any_engine, replace_file):
    goldens = read_goldens((GOLDEN_BUNDLE / "goldens.jsonl").read_bytes(), "goldens.jsonl")
    from dataclasses import replace

    turned = [replace(golden, probabilities=golden.probabilities[::-1]) for golden in goldens]
    replace_file(bundle_copy, "goldens.jsonl", write_goldens(turned))
    failures = check(drupelet.load(bundle_copy, any_engine))["failures"]
    assert any(failure.startswith("held_out: ") for failure in failures)


def test_a_bundle_without_goldens(bundle_copy, any_engine, edit_manifest):
    edit_manifest(bundle_copy, lambda manifest: manifest.update(goldens=None))
    with pytest.raises(InputError, match="no goldens to check itself with"):
        check(drupelet.load(bundle_copy, any_engine))


def with_report(folder, edit_manifest, content):
    from drupelet.digest import sha256_hex

    (folder / "parity.json").write_bytes(content)
    entry = {"file": "parity.json", "size_bytes": len(content), "sha256": sha256_hex(content)}
    edit_manifest(folder, lambda manifest: manifest.update(parity=entry))


def test_the_accuracy_is_that_of_the_export(bundle_copy, any_engine, edit_manifest):
    classifier = drupelet.load(bundle_copy, any_engine)
    accuracy = {"share": 0.5, "interval_95": [0.25, 0.75]}
    result = {"file": classifier.model.entry.file, "engine": any_engine}
    for suites, expected in (
        ({"held_out": {"n": 2000, "accuracy": accuracy}}, (0.5, [0.25, 0.75], 2000)),
        ({"held_out": {"n": 2000, "accuracy": None}}, None),
    ):
        with_report(bundle_copy, edit_manifest, json.dumps({"results": [{**result, "suites": suites}]}).encode())
        found = check(drupelet.load(bundle_copy, any_engine))
        given = (found["accuracy"], found["accuracy_95"], found["accuracy_texts"])
        assert given == expected or (expected is None and given[2] == 4)  # of the goldens


@pytest.mark.parametrize("content", [b"{}", b'{"results": 3}', b'{"results": [3]}', b"[]"])
def test_a_report_that_is_none(bundle_copy, any_engine, edit_manifest, content):
    with_report(bundle_copy, edit_manifest, content)
    with pytest.raises(FormatError, match=r"parity.json"):
        check(drupelet.load(bundle_copy, any_engine))

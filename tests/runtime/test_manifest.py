import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.errors import DrupeletError, FormatError, VersionError
from drupelet.graph import with_rows
from drupelet.manifest import MAX_FILES, FileEntry, ModelEntry, parse_manifest
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.reduce import Reduce
from drupelet.text.rules import DropWords
from runtime.networks import chain

GOLDEN = Path(__file__).parents[1] / "golden" / "bundle-v3" / "manifest.json"
SHA = "0" * 64


@pytest.fixture
def document():
    """The golden manifest as a dict, to be changed."""
    return json.loads(GOLDEN.read_bytes())


@pytest.fixture
def manifest():
    return parse_manifest(GOLDEN.read_bytes())


def parse(document):
    return parse_manifest(json.dumps(document).encode())


def put(document, path, value):
    """Sets the field at a path like ``models/0/file``; ``...`` removes it."""
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in parents:
        document = document[part]
    if value is ...:
        del document[last]
    else:
        document[last] = value


def test_the_golden_of_format_2_reads_and_is_written_the_same(manifest, model):
    assert manifest.to_json() == GOLDEN.read_bytes()
    assert manifest.network == with_rows(model.graph, 16)
    assert manifest.text_rules == model.text_rules
    assert manifest.labels == ("negative", "positive")
    assert [(entry.format, entry.scheme) for entry in manifest.models] == [
        ("drupelet", "f32"), ("onnx", "f32"), ("tflite", "f32")
    ]  # fmt: skip
    assert manifest.models[1].requires == {"opset": 13}
    assert manifest.parity is None


def test_json_round_trips(manifest):
    entry = FileEntry("parity.json", 3, SHA)
    for changed in (manifest, replace(manifest, parity=entry, goldens=None, verdict="passed", name="\u00e9")):
        assert parse_manifest(changed.to_json()) == changed


@pytest.mark.parametrize("member", ["name", "created_by"])
@pytest.mark.parametrize("text", ["a\nb", "\x1b[2J", "\u202egpj", "\ud800"], ids=ascii)
def test_a_name_that_would_change_a_terminal_is_refused(document, member, text):
    document[member] = text
    with pytest.raises(
        FormatError, match=rf"manifest\.json: {member} '.*' has a character that cannot stand in a line"
    ):
        parse(document)


def test_files_are_all_that_the_manifest_vouches_for(manifest):
    names = [entry.file for entry in replace(manifest, parity=FileEntry("parity.json", 3, SHA)).files()]
    assert names == [
        "vocabulary.bin", "model.f32.drupelet", "model.f32.onnx", "model.f32.tflite", "goldens.jsonl", "parity.json"
    ]  # fmt: skip


@pytest.mark.parametrize("version", [0, 2, 4, 10**30, -1])
def test_another_format_version(document, version):
    document["format_version"] = version
    document["a field of the future"] = True
    with pytest.raises(VersionError, match=rf"manifest\.json: bundle format {version}, this release reads 3; upgrade"):
        parse(document)


def test_another_kind_of_manifest(document):
    with pytest.raises(FormatError, match=r"manifest\.json: format 'npm', expected 'drupelet-bundle': not a drupelet"):
        parse({**document, "format": "npm"})


REQUIRED = [
    *("format", "format_version", "name", "created_by", "labels", "text_rules", "network", "source", "vocabulary"),
    *("models", "verdict", "vocabulary/file", "vocabulary/size_bytes", "vocabulary/sha256", "models/0/file"),
    *("models/0/format", "models/0/scheme", "models/0/requires", "goldens/sha256"),
    *("network/nodes", "network/output", "network/padding", "network/max_tokens", "goldens", "parity"),
    *("network/nodes/0/operation", "network/nodes/0/inputs", "network/nodes/1/cell", "network/nodes/2/units"),
]


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_field(document, path):
    put(document, path, ...)
    with pytest.raises(FormatError, match=rf"manifest\.json.*: field '{path.rpartition('/')[2]}' is missing; export"):
        parse(document)


@pytest.mark.parametrize(
    "path", ["x", "vocabulary/x", "models/0/x", "goldens/x", "network/x", "network/nodes/0/x"]
)  # fmt: skip
def test_an_unknown_field(document, path):
    put(document, path, 1)
    with pytest.raises(
        FormatError, match=r"manifest\.json.*: unknown fields \['x'\]; upgrade drupelet or export again"
    ):
        parse(document)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", 1, r"field 'format' is 1, expected str"),
        ("format_version", "1", r"field 'format_version' is '1', expected int"),
        ("format_version", True, r"field 'format_version' is True, expected int"),
        ("format_version", 1.0, r"field 'format_version' is 1\.0, expected int"),
        ("name", None, r"field 'name' is None, expected str"),
        ("created_by", 1, r"field 'created_by' is 1, expected str"),
        ("labels", "ab", r"field 'labels' is 'ab', expected list"),
        ("labels", ["a", 1], r"labels \['a', 1\], expected strings"),
        ("labels", ["a"], r"1 label for 2 classes"),
        ("labels", ["a", "a"], r"labels \['a', 'a'\] are not distinct"),
        ("source", [], r"field 'source' is \[\], expected dict"),
        ("text_rules", "alnum", r"field 'text_rules' is 'alnum', expected dict"),
        ("text_rules/steps", [], r"text rules: 0 steps 'split', expected one"),
        ("text_rules/max_tokens", 9, r"the text rules cut at 9 tokens, the network reads 8; export it again"),
        ("text_rules/max_tokens", None, r"the text rules cut at None tokens, the network reads 8"),
        ("network", [], r"field 'network' is \[\], expected dict"),
        ("network/max_tokens", "8", r"network: field 'max_tokens' is '8', expected int"),
        ("network/nodes", {}, r"network: field 'nodes' is {}, expected list"),
        ("network/nodes", [1], r"network\.nodes\[0\]: 1, expected an object"),
        ("network/nodes/1/cell", "qrnn", r"network\.nodes\[1\]: cell is 'qrnn', expected one of lstm, gru, rnn"),
        ("network/nodes/2/units", 3, r"2 labels for 3 classes"),
        ("vocabulary", None, r"field 'vocabulary' is None, expected dict"),
        ("vocabulary/size_bytes", -1, r"'vocabulary\.bin' has size -1 and sha256"),
        ("vocabulary/size_bytes", 1.5, r"file entry: field 'size_bytes' is 1\.5, expected int"),
        ("vocabulary/sha256", "0" * 63, r"'vocabulary\.bin' has size 104 and sha256 '0{63}'"),
        ("vocabulary/sha256", "A" * 64, r"'vocabulary\.bin' has size 104 and sha256 'A{64}'"),
        ("models", [], r"no model file; export it again"),
        ("models", {}, r"field 'models' is {}, expected list"),
        ("models", ["model.tflite"], r"model entry: 'model\.tflite', expected an object"),
        ("models/0/format", "pickle", r"format 'pickle', expected one of drupelet, onnx, tflite"),
        ("models/0/scheme", "int8", r"scheme 'int8', expected one of f32, f16, wi8, wi4"),
        ("models/0/requires", None, r"model entry: field 'requires' is None, expected dict"),
        ("models/0/file", "model.f32.onnx", r"files \[.*\] are not distinct, or more than 64"),
        ("models/0/file", "manifest.json", r"files \[.*\] are not distinct, or more than 64"),
        ("goldens", "goldens.jsonl", r"field 'goldens' is 'goldens\.jsonl', expected dict"),
        ("proof", "texts", r"proof 'texts', expected one of text, ids"),
        ("reference", "", r"reference '', expected one line"),
        ("verdict", "fine", r"verdict 'fine', expected one of passed, failed, not run"),
    ],
)
def test_each_field_is_checked_and_the_manifest_named(document, path, value, message):
    put(document, path, value)
    with pytest.raises(FormatError, match=rf"^manifest\.json.*{message}"):
        parse(document)


@pytest.mark.parametrize(
    "name",
    [
        "../manifest", "/etc/passwd", "a/b", "a\\b", "..", ".", "", ".hidden", "-rf", "a b", "a\0b", "a\n", "C:x", "\u00e9",
        "x" * 129,
    ],
)  # fmt: skip
def test_a_name_that_is_no_plain_file_name(document, name):
    document["models"][0]["file"] = name
    with pytest.raises(FormatError, match=r"file name '.*', expected letters, digits, .* and no folder; do not use"):
        parse(document)


def test_too_many_files(manifest):
    models = tuple(ModelEntry(FileEntry(f"m{n}", 1, SHA), "onnx", "f32", {}) for n in range(MAX_FILES))
    with pytest.raises(FormatError, match=r"or more than 64"):
        replace(manifest, models=models)


def test_the_values_themselves_reject_what_cannot_be(manifest):
    with pytest.raises(FormatError, match="2 labels for 3 classes"):
        replace(manifest, labels=("a", "b"), network=chain(Embedding(16, 4), Reduce("sum"), Dense(3)))
    with pytest.raises(FormatError, match="verdict 'maybe'"):
        replace(manifest, verdict="maybe")


def test_no_manifest_is_written_that_is_too_long_to_be_read(manifest):
    words = tuple(f"{number:04}" + "x" * 400 for number in range(4096))
    rules = replace(manifest.text_rules, steps=(*manifest.text_rules.steps, DropWords(words)))
    with pytest.raises(FormatError, match=r"^a manifest of \d+ bytes, expected at most 1048576; export fewer"):
        replace(manifest, text_rules=rules).to_json()


@pytest.mark.parametrize("digits", [40, 4299])
def test_a_number_of_many_digits_is_named(document, digits):
    document["network"]["max_tokens"] = document["text_rules"]["max_tokens"] = 10**digits
    with pytest.raises(FormatError, match=r"max_tokens is 10{39}, expected 1 to"):
        parse(document)


@pytest.mark.parametrize("label", ["", "a\tb", "a\nb", "\x1b[31mred", "\ud800"])
def test_a_label_that_cannot_be_printed_on_a_line_of_its_own(document, label):
    document["labels"][0] = label
    with pytest.raises(FormatError, match="label"):
        parse(document)


odd_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})


@settings(deadline=None)
@given(st.data())
def test_any_value_anywhere_reads_fine_or_is_named(data):
    document = json.loads(GOLDEN.read_bytes())
    place = document
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(odd_values)
    with suppress(DrupeletError):
        parse(document)


DECISION = {"thresholds": None, "reject_below": 0.7}
REJECTION = {
    "rate": 0.05, "foreign": "foreign.txt", "chosen_on": 200, "accepted": 10, "fresh": 200, "fresh_accepted": 9,
    "own_suite": "held_out", "own": 9, "own_rejected": 1, "without_words": 0,
}  # fmt: skip


def test_a_decision_is_read_and_written(document):
    manifest = parse({**document, "decision": DECISION, "rejection": REJECTION})
    assert manifest.decision.reject_below == pytest.approx(0.7)
    assert manifest.effective_decision == manifest.decision
    written = json.loads(manifest.to_json())
    assert (written["decision"], written["rejection"]) == (DECISION, REJECTION)
    assert parse_manifest(manifest.to_json()) == manifest
    assert parse(document).decision is parse(document).rejection is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"decision": None}, r"field 'decision' is None, expected dict"),
        (
            {"decision": {**DECISION, "reject_below": 1.0}},
            "decision: threshold 1.0, expected a float32 above 0 and below 1",
        ),
        ({"decision": {**DECISION, "reject_below": -0.5}}, "decision: threshold -0.5, expected a float32"),
        ({"decision": {**DECISION, "reject_below": 0}}, "decision: field 'reject_below' is 0, expected float"),
        ({"decision": {**DECISION, "reject_below": None}}, "decision: 0 thresholds, expected 0, or reject_below alone"),
        (
            {"decision": {**DECISION, "thresholds": [0.5, 0.5]}},
            "decision: 2 thresholds, expected 0, or reject_below alone",
        ),
        ({"decision": {"thresholds": None}}, "decision: field 'reject_below' is missing"),
        ({"rejection": REJECTION}, "rejection without a decision that rejects"),
        (
            {"decision": DECISION, "rejection": {**REJECTION, "fresh_accepted": 201}},
            "rejection: fresh_accepted is 201 of 200",
        ),
        (
            {"decision": DECISION, "rejection": {**REJECTION, "rate": 5.0}},
            "rejection: rate 5.0, expected a number above 0",
        ),
        ({"decision": DECISION, "rejection": {}}, "rejection: field 'rate' is missing"),
    ],
)
def test_a_decision_that_cannot_be(document, change, message):
    with pytest.raises(FormatError, match=message):
        parse({**document, **change})


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999"])
def test_a_threshold_that_is_no_number(document, value):
    text = json.dumps({**document, "decision": DECISION}).replace("0.7", value)
    with pytest.raises(FormatError, match=r"not JSON|decision: threshold inf"):
        parse_manifest(text.encode())

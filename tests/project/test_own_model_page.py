"""The page on one's own model: its rules file does what its lines of Python do."""

import re
from pathlib import Path

import keras
from hypothesis import example, given
from hypothesis import strategies as st
from keras import layers

from drupelet.text.words import splitter
from drupelet_export.reading.layer_walk import walk
from drupelet_export.reading.replacement import load_replacements
from drupelet_export.reading.rules_file import rules_of_toml

PAGE = (Path(__file__).parents[2] / "docs" / "guide" / "your_own_model.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The one block of that language that is no file."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    (found,) = [text for text in blocks if "https?" in text]
    return found


@given(st.text(st.sampled_from("aAtheTHE https://x.y/?! \u0130\u03a3\n\t.,'9")) | st.text(max_size=60))
@example("See HTTPS://a.b/c the cat!")
def test_the_rules_of_the_page_do_what_its_python_does(text):
    there = {"re": re, "text": text}
    exec(block("python"), there)  # noqa: S102 (our own page)
    assert splitter(rules_of_toml(block("toml"), "page"))(text) == there["words"]


def test_the_layer_of_the_page_is_read_as_a_body(tmp_path):
    (source,) = [
        text for text in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL) if "# own_layers.py" in text
    ]
    (tmp_path / "own_layers.py").write_text(source)
    [own] = load_replacements([f"Attention={tmp_path / 'own_layers.py'}:Attention"])
    ids = keras.Input((6,), dtype="int32")
    x = layers.Embedding(8, 4)(ids)
    model = keras.Model(ids, layers.Dense(2)(own.layer({"name": "attention"}, "page")(x)))
    assert "softmax" in [node.operation.name for node in walk(model, "page", 6).network.builder.nodes]

"""Owners' own ways from a text to ids, made of Keras and Python alone, and texts that part two of them."""

from drupelet.text.words import splitter

TEXTS = [
    "",
    " ",
    "The FILM is good/bad -- don't bother.",
    "a good film",
    "film film film film film film film film good",
    "well-made,over-priced\tnice_really...truly\r\nnew\x0bline\x0c.",
    "it\x85was\u00a0b\u00e4d\u3000here\u2028there\x1cnow \x85 \u3000",
    "SCH\u00d6NE \u00dcBERRASCHUNG \u0130stanbul \u039f\u03a3 \u039f\u03a3. \u1e9e \ufb01",
    "\u4f60\u597d\uff0c\u4e16\u754c \U0001f600\U0001f44d\u200d \ufeffx",
    "[UNK] <OOV> <pad> [PAD] unk oov pad <START> start",
    "".join(map(chr, range(256))),
    "nothing of this is known",
]


def ids_of(settled, text):
    """The ids that the settled rules give a text, without padding."""
    rows = {word: row for row, word in enumerate(settled.words) if word is not None}
    return settled.rules.ids([rows.get(word) for word in splitter(settled.rules)(text)])


def padded(settled, ids):
    """Ids with the padding that was settled."""
    padding = [0] * (settled.rules.max_tokens - len(ids))
    return padding + ids if settled.padding == "pre" else ids + padding

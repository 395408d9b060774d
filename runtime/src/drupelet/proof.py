"""What a verdict proves: the two kinds of proof, and the sentences that state them. No other place words them.

``text``: answers were compared from the raw text on, with answers that the owner's own way from text to answer gave.
``ids``: answers were compared from the ids on. Nobody has checked that a text becomes the ids that its owner means.
"""

from __future__ import annotations

from drupelet.control_characters import stands_in_a_line
from drupelet.errors import FormatError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT = "text"
IDS = "ids"
PROOFS = (TEXT, IDS)

MAX_REFERENCE_CHARACTERS = 200
"""Longest name of a reference. It stands in one line of a terminal; a name of a file has at most 255 bytes and is cut."""

IDS_REFERENCE = "Keras, asked with ids that drupelet made"
"""The reference of a proof from the ids on."""
IDS_SENTENCE = "answers like Keras from the ids on; text to ids was not checked"
TEXT_SENTENCE = "answers like Keras from the text on"
LEFT_OUT_SENTENCE = "answers like Keras from the ids on; text to ids was not checked here: {texts} not in the bundle"
"""The claim where texts were left out of the bundle; ``{texts}`` says how many."""
GIVEN_BODY = "; the body of layer {name} was given by the user and was not compared with the original"
GIVEN_BODIES = "; the bodies of {count} layers were given by the user and were not compared with the originals"
"""The end of a reference where Keras ran layers of the user's own in place of those that the model was trained with."""
MAX_NAME_CHARACTERS = 40
"""Longest name of a layer in a reference."""
HOW_TO_GIVE_TEXTS = "to have the texts that were left out checked as well: drupelet verify BUNDLE --texts FILE"
HOW_TO_CHECK = (
    "to have text to ids checked by answers of your own pipeline: "
    "drupelet export ... --answers FILE or --reference FILE.py:function"
)


def check_proof(proof: str, reference: str) -> None:
    """Raises FormatError unless the proof is one of :data:`PROOFS` and the reference is one short line."""
    if proof not in PROOFS:
        raise FormatError(f"proof {proof!r:.60}, expected one of {', '.join(PROOFS)}; export it again")
    if not reference or len(reference) > MAX_REFERENCE_CHARACTERS or not stands_in_a_line(reference):
        raise FormatError(
            f"reference {reference!r:.60}, expected one line of at most {MAX_REFERENCE_CHARACTERS} characters that says who "
            "gave the answers; export it again"
        )


def proof_here(proof: str, without_text: int) -> str:
    """What a comparison proves with a bundle of this proof, of whose goldens so many had no text and ran from their ids."""
    return IDS if without_text else proof


def given_bodies(layers: Sequence[str]) -> str:
    """The end of a reference that says of which layers, by their names, the user gave the bodies; nothing for no layers."""
    if len(layers) > 1:
        return GIVEN_BODIES.format(count=len(layers))
    shown = [ascii(name) for name in layers]
    shown = [name if len(name) <= MAX_NAME_CHARACTERS else f"{name[: MAX_NAME_CHARACTERS - 3]}..." for name in shown]
    return "".join(GIVEN_BODY.format(name=name) for name in shown)


def given_bodies_in(reference: str | None) -> str:
    """The end of a reference that :func:`given_bodies` wrote; nothing where there is none."""
    for sentence in (GIVEN_BODY, GIVEN_BODIES):
        start, _, end = sentence.partition("{")
        _, _, end = end.partition("}")
        _, found, rest = (reference or "").partition(start)
        if found and rest.endswith(end):
            return found + rest
    return ""


def claim(proof: str | None, reference: str | None = None, without_text: int = 0) -> str:
    """What a passed verdict claims, as the end of a sentence. A proof that is not known (None) claims as little as ``ids``.

    ``without_text`` goldens were compared from their ids on, because the bundle leaves their texts out. What the reference says
    of bodies of layers that the user gave is a part of every claim.
    """
    if without_text:
        texts = "1 text is" if without_text == 1 else f"{without_text:,} texts are"
        return LEFT_OUT_SENTENCE.format(texts=texts) + given_bodies_in(reference)
    if proof != TEXT:
        return IDS_SENTENCE + given_bodies_in(reference)
    return TEXT_SENTENCE if reference is None else f"{TEXT_SENTENCE}, compared with {reference}"


def left_out_sentence(left_out: int, in_all: int) -> str:
    """What a bundle holds in place of texts that it leaves out, as a part of a sentence."""
    return f"{left_out:,} of {in_all:,} texts left out: their SHA-256, ids and answers only"


def advice(proof: str | None, without_text: int = 0) -> str | None:
    """How to have the rest checked; None where nothing is left to check."""
    if without_text:
        return HOW_TO_GIVE_TEXTS
    return None if proof == TEXT else HOW_TO_CHECK

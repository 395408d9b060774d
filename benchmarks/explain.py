"""Judges explanations: the probability that a review's label loses when the words go that should have decided it.

``make explain-quality`` measures the bundles that ship on held-out reviews, for docs/reports/explain.json. The measure is
the comprehensiveness of ERASER (DeYoung et al. 2020, https://arxiv.org/abs/1911.03429): p(label), minus p(label) without
the k words that a ranking has first. Words at random are what any ranking has to beat.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import drupelet
from benchmarks.machine import describe_machine, versions_of
from drupelet.cli.table import render_table
from drupelet.output import probabilities
from drupelet_train.corpora.corpus import read_corpus

SCHEMA_VERSION = 1
REVIEWS = 500
WORDS_GONE = (1, 2, 3, 5, 10, 20)
SEED = 29
TIMES = 5
WORDS_A_PASS = 2
"""Words that the repeated sum takes in a pass: ten words are five passes."""

Logits = Callable[[Sequence[Sequence[int]]], list[list[float]]]
Ranking = list[int]
"""Places of ids, the one that should have decided most first."""


@dataclass(frozen=True)
class Cost:
    """What a ranking costs, in passes: the time of one answer from ids to logits. The median over the reviews."""

    leave_one_out: float
    share: float


class Judge:
    """Ranks the ids of texts, and measures what their loss costs a label. ``run`` and ``shares`` are those of the kernel."""

    def __init__(self, classifier: drupelet.Classifier) -> None:
        self._network = classifier.bundle.manifest.network
        self._labels = classifier.labels
        session: Any = classifier._session  # what it costs is measured without Python's words
        self.run: Logits = session.run
        self._leave_one_out, self._shares = session.leave_one_out, session.shares
        self._random = random.Random(SEED)  # noqa: S311 - no secret

    def probability(self, logits: Sequence[float], label: int) -> float:
        """The probability of a label."""
        return probabilities(logits, self._network.output)[label]

    def label_of(self, ids: Sequence[int]) -> int:
        """The label of the answer."""
        values = probabilities(self.run([ids])[0], self._network.output)
        return values.index(max(values))

    def by_absence(self, ids: Sequence[int], label: int) -> Ranking:
        """By the probability that is lost without each id."""
        left = [self.probability(row, label) for row in self._leave_one_out(ids)]
        return sorted(range(len(ids)), key=left.__getitem__)

    def by_share(self, ids: Sequence[int], label: int) -> Ranking:
        """By what each id adds to the log-odds."""
        shares = [self._margin(row, label) for row in self._shares(ids)[:-1]]
        return sorted(range(len(ids)), key=lambda place: -shares[place])

    def by_share_again(self, ids: Sequence[int], label: int) -> Ranking:
        """By what each adds once those before it are gone: a pass for each WORDS_A_PASS words."""
        left, ranking = list(range(len(ids))), Ranking()
        while left and len(ranking) < max(WORDS_GONE):
            first = self.by_share([ids[place] for place in left], label)[:WORDS_A_PASS]
            ranking += [left[place] for place in first]
            left = [place for place in left if place not in ranking]
        return ranking + left

    def at_random(self, ids: Sequence[int], label: int) -> Ranking:
        """In any order."""
        places = list(range(len(ids)))
        self._random.shuffle(places)
        return places

    def lost(self, ids: Sequence[int], label: int, ranking: Ranking) -> list[float]:
        """The probability that the label loses with the first k ids of a ranking, for each k of WORDS_GONE."""
        rows = []
        for count in WORDS_GONE:
            gone = set(ranking[:count])
            rows.append([row for place, row in enumerate(ids) if place not in gone])
        before, *after = (self.probability(logits, label) for logits in self.run([list(ids), *rows]))
        return [before - left for left in after]

    def _margin(self, row: Sequence[float], label: int) -> float:
        """A share of a logit as one of the log-odds."""
        if len(row) == 1:
            return row[0] if label else -row[0]
        return row[label] - (sum(row) - row[label]) / (len(row) - 1)

    def cost(self, texts: Sequence[Sequence[int]]) -> Cost:
        """What leaving out, and sharing, take in the time of an answer."""
        left_out, shared = zip(*map(self._cost_of, texts), strict=True)
        return Cost(round(statistics.median(left_out), 1), round(statistics.median(shared), 1))

    def _cost_of(self, ids: Sequence[int]) -> tuple[float, float]:
        one = shortest_seconds(lambda: self.run([ids]))
        left_out, shared = (shortest_seconds(partial(work, ids)) for work in (self._leave_one_out, self._shares))
        return left_out / one, shared / one


def shortest_seconds(work: Callable[[], object]) -> float:
    """The shortest of TIMES runs."""
    seconds = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


RANKINGS: Mapping[str, Callable[[Judge, Sequence[int], int], Ranking]] = {
    "leave one out": Judge.by_absence,
    "sum": Judge.by_share,
    "sum, again and again": Judge.by_share_again,
    "random": Judge.at_random,
}


def measure(bundle: Path, texts: Sequence[str]) -> dict[str, Any]:
    """The row of a bundle: for each ranking the mean loss after so many words, and its standard error."""
    classifier = drupelet.load(bundle, engine="native")
    judge = Judge(classifier)
    rows = [ids for text in texts if len(ids := classifier.encode(text)) > max(WORDS_GONE)]
    labels = [judge.label_of(ids) for ids in rows]
    lost: dict[str, list[dict[str, float]]] = {}
    for name, rank in RANKINGS.items():
        losses = [judge.lost(ids, label, rank(judge, ids, label)) for ids, label in zip(rows, labels, strict=True)]
        lost[name] = [
            {"words": count, "mean": round(statistics.fmean(column), 4),
             "standard_error": round(statistics.stdev(column) / len(column) ** 0.5, 4)}
            for count, column in zip(WORDS_GONE, zip(*losses, strict=True), strict=True)
        ]  # fmt: skip
    return {
        "bundle": bundle.name,
        "file": classifier.model.entry.file,
        "reviews": len(rows),
        "words_mean": round(statistics.fmean(map(len, rows)), 1),
        "probability_lost": lost,
        "cost_in_passes": asdict(judge.cost(rows[:50])),
    }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The losses after so many words, for people."""
    header = ["bundle", "ranking", *map(str, WORDS_GONE)]
    cells = [
        [row["bundle"], name, *(f"{found['mean']:.3f}" for found in of_ranking)]
        for row in rows
        for name, of_ranking in row["probability_lost"].items()
    ]
    costs = [
        f"{row['bundle']}: leaving each of {row['words_mean']:.0f} words out takes {row['cost_in_passes']['leave_one_out']} "
        f"answers, the sum {row['cost_in_passes']['share']}"
        for row in rows
    ]
    return "\n".join([render_table(header, cells), *costs])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures bundles and writes the report."""
    parser = argparse.ArgumentParser(description="judge explanations by the probability that is lost with their words")
    parser.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE")
    parser.add_argument("--reviews", type=int, default=REVIEWS, metavar="N")
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="report to write")
    options = parser.parse_args(arguments)
    corpus = read_corpus("imdb")
    places = random.Random(SEED).sample(list(corpus.held_out), options.reviews)  # noqa: S311 - no secret
    rows = [measure(bundle, [corpus.texts[place] for place in places]) for bundle in options.bundles]
    document = {
        "schema_version": SCHEMA_VERSION,
        "words_gone": WORDS_GONE,
        "rows": rows,
        "machine": describe_machine(),
        "versions": versions_of(("drupelet",)),
    }
    options.json.write_text(json.dumps(document, indent=1) + "\n")
    print(table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

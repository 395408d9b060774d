"""Answers rows of Keras's ids, on any session: the ids become those of the file, the session runs them."""

from __future__ import annotations

from collections.abc import Sequence

from drupelet.answering import Answering
from drupelet.bundle import Bundle
from drupelet.engines.protocol import TextSession
from drupelet.errors import InputError
from drupelet.graph import PADDING_ID
from drupelet.manifest import ModelEntry
from drupelet.prediction import Prediction
from drupelet.rank_ids import reserved_rows


class IdSession:
    """Answers ids as the embedding of the Keras model takes them, padded or not. Threads may share it.

    ``keras_ids``: Keras's id for each id of the session; None where the session has Keras's.
    """

    def __init__(
        self, bundle: Bundle, model: ModelEntry, session: TextSession, keras_ids: Sequence[int] | None
    ) -> None:
        manifest = bundle.manifest
        self._network = manifest.network
        self._answering = Answering(manifest.network, manifest.labels, manifest.decision)
        self._file = model.entry.file
        self._session = session
        self._ranks = None if keras_ids is None else {row: rank for rank, row in enumerate(keras_ids)}
        self._words = frozenset(bundle.vocabulary().ids()).difference(reserved_rows(manifest.text_rules))

    def answer(self, rows: Sequence[Sequence[int]], first: int = 0) -> list[Prediction]:
        """The answer for each row of ids. ``first`` is the number of the first row, for errors.

        Raises InputError, naming the row, for what is no id of the model, for an id that the file has no row for
        because no word has it, and for more ids than the model reads.
        """
        read = [self._read(ids, f"row {place}") for place, ids in enumerate(rows, first)]
        own = [self._own(ids, f"row {place}") for place, ids in enumerate(read, first)]
        answers = []
        for ids, logits in zip(read, self._session.run(own)):
            known = sum(row in self._words for row in ids)
            answers.append(self._answering.prediction(logits, known))
        return answers

    def _read(self, ids: Sequence[int], where: str) -> list[int]:
        """The ids that the network reads: without the padding that it masks, or with all that it does not."""
        network = self._network
        if isinstance(ids, (str, bytes)):
            raise InputError(f"{where}: ids are {ids!r:.60}, expected a list of whole numbers; texts go to predict")
        read = []
        for row in ids:
            try:
                number = row.__index__()
            except AttributeError:
                number = -1
            if isinstance(row, bool) or not 0 <= number < network.vocabulary_rows:
                raise InputError(
                    f"{where}: id {row!r:.60}, expected a whole number from 0 to {network.vocabulary_rows - 1}"
                )
            read.append(number)
        if network.padding == "none":
            read = [row for row in read if row != PADDING_ID]
        limit = network.max_tokens
        if limit is not None and len(read) > limit:
            raise InputError(
                f"{where}: {len(read)} ids, the model reads at most {limit}; cut them as its text rules say"
            )
        if network.padding != "none" and limit is not None:
            filling = [PADDING_ID] * (limit - len(read))
            read = filling + read if network.padding == "pre" else read + filling
        return read

    def _own(self, ids: list[int], where: str) -> list[int]:
        """The same ids as the file knows them."""
        ranks = self._ranks
        if ranks is None:
            return ids
        for row in ids:
            if row not in ranks:
                raise InputError(
                    f"{where}: id {row} is neither a word of the vocabulary nor an id of the text rules, and {self._file} "
                    "has no row for it; use an .onnx or .tflite file"
                )
        return [ranks[row] for row in ids]

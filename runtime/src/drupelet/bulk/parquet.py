"""Parquet files, through pyarrow: a row group is a part."""

from __future__ import annotations

import io

from drupelet.bulk.lines import NOT_UTF8
from drupelet.bulk.part import Answered, BadRow, Part, Place
from drupelet.bulk.table import chosen_column
from drupelet.errors import DrupeletError, InputError
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from drupelet.bulk.scorer import Scorer

BATCH_ROWS = 1024
"""Rows of a row group that are in memory at a time."""


class Parquet(Value):
    """A Parquet file. Its output has the same row groups, without the rows that cannot be answered."""

    path: str
    text_column: str
    columns: tuple[str, ...]
    begin: Place
    rows: int
    is_joined = True

    def head(self, added: Sequence[str]) -> bytes:
        """Nothing: the row groups of a Parquet file are joined at the end."""
        del added
        return b""

    def parts(self, file: int, start: Place) -> Iterator[Part]:
        """The row groups from ``start`` on."""
        parquet = _pyarrow(self.path)
        try:
            with parquet.ParquetFile(self.path) as stream:
                rows = start.rows
                for group in range(start.offset, stream.num_row_groups):
                    stop = Place(group + 1, rows + stream.metadata.row_group(group).num_rows, 0)
                    yield Part(file, Place(group, rows, 0), stop)
                    rows = stop.rows
        except _errors() as error:
            raise _unreadable(self.path, error) from error

    def answer(self, part: Part, scorer: Scorer) -> Answered:
        """A Parquet file with the rows of a row group, and their answers in columns behind the others."""
        parquet = _pyarrow(self.path)
        import pyarrow

        target, bad, answered, without_words = io.BytesIO(), [], 0, 0
        number = part.start.rows
        try:
            with parquet.ParquetFile(self.path) as source:
                schema = _with_answers(source.schema_arrow, scorer)
                with parquet.ParquetWriter(target, schema) as writer:
                    for batch in source.iter_batches(BATCH_ROWS, row_groups=[part.start.offset]):
                        texts = _texts(batch.column(batch.schema.get_field_index(self.text_column)))
                        kept, values = [], []
                        for place, answer in enumerate(scorer.answers(texts)):
                            number += 1
                            if answer is None or isinstance(answer, DrupeletError):
                                text = texts[place]
                                reason = (NOT_UTF8 if text else "no text") if answer is None else str(answer)
                                begins = text.decode("utf-8", "replace") if isinstance(text, bytes) else text or ""
                                bad.append(BadRow(number, 0, reason, begins))
                                continue
                            kept.append(place)
                            values.append(scorer.values(answer))
                            without_words += answer.n_tokens == 0
                        answered += len(kept)
                        rows = batch.take(pyarrow.array(kept, pyarrow.int64()))
                        added = [
                            pyarrow.array([row[place] for row in values], field.type)
                            for place, field in enumerate(list(schema)[len(batch.schema) :])
                        ]
                        writer.write_batch(pyarrow.RecordBatch.from_arrays([*rows.columns, *added], schema=schema))
        except _errors() as error:
            raise _unreadable(self.path, error) from error
        return Answered(target.getvalue(), answered, tuple(bad), without_words)


def joined(parts: Sequence[str], table: Parquet, scorer: Scorer, target: str) -> None:
    """Writes the row groups in the files ``parts`` into one file."""
    parquet = _pyarrow(table.path)
    try:
        with parquet.ParquetFile(table.path) as source:
            schema = _with_answers(source.schema_arrow, scorer)
    except _errors() as error:
        raise _unreadable(table.path, error) from error
    with parquet.ParquetWriter(target, schema) as writer:
        for part in parts:
            with parquet.ParquetFile(part) as group:
                writer.write_table(group.read())


def opened_parquet(path: Path, text_column: str | None) -> Parquet:
    """The table in a Parquet file. Raises InputError where pyarrow is missing or cannot read it, or no column holds texts."""
    parquet = _pyarrow(str(path))
    import pyarrow

    try:
        with parquet.ParquetFile(path) as source:
            schema, rows = source.schema_arrow, source.metadata.num_rows
    except _errors() as error:
        raise _unreadable(str(path), error) from error
    column = chosen_column(schema.names, text_column, path)
    kind = schema.field(column).type
    texts = kind.value_type if pyarrow.types.is_dictionary(kind) else kind
    if not (pyarrow.types.is_string(texts) or pyarrow.types.is_large_string(texts)):
        raise InputError(f"{path}: column {column!r} holds {kind}, expected strings; name another with --text-column")
    return Parquet(str(path), column, tuple(schema.names), Place(0, 0, 0), rows)


def _with_answers(schema: Any, scorer: Scorer) -> Any:
    import pyarrow

    several = scorer.classifier.bundle.manifest.network.is_multi_label
    kinds = [pyarrow.string(), pyarrow.float64()]
    kinds = [pyarrow.list_(kind) if several else kind for kind in kinds]
    names = scorer.added_columns()
    kinds += [pyarrow.float64()] * (len(names) - len(kinds))
    for name, kind in zip(names, kinds):
        schema = schema.append(pyarrow.field(name, kind))
    return schema


def _texts(column: Any) -> list[str | bytes | None]:
    """The strings of a column; the bytes of one that is not UTF-8, which a broken writer leaves; None where there is none."""
    import pyarrow

    if pyarrow.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        return column.to_pylist()  # type: ignore[no-any-return]
    except UnicodeDecodeError:
        kind = pyarrow.large_binary() if pyarrow.types.is_large_string(column.type) else pyarrow.binary()
        return [_decoded(content) for content in column.view(kind).to_pylist()]


def _decoded(content: bytes | None) -> str | bytes | None:
    try:
        return None if content is None else content.decode()
    except UnicodeDecodeError:
        return content


def _errors() -> tuple[type[Exception], ...]:
    """What pyarrow raises; where it is missing, :func:`_pyarrow` has said so before."""
    import pyarrow

    return OSError, ValueError, pyarrow.ArrowException


def _unreadable(path: str, error: Exception) -> InputError:
    return InputError(f"{path}: pyarrow cannot read it ({error!s:.200}); is it whole?")


def _pyarrow(path: str) -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            f"{path}: a Parquet file, which needs pyarrow, and that cannot be imported ({error}); pip install "
            '"drupelet[parquet]", or save the file as CSV'
        ) from error
    return pyarrow.parquet

"""Fields end where their bytes end; a block that is named twice, or lies over another one, is damage."""

import pytest

from drupelet_export.reading.hdf5.fields import MAX_NAME_BYTES, Fields, Hdf5Error, Storage


def test_numbers_are_little_endian():
    fields = Fields(b"\x01\x02\x03\x04", 1, 4, "a block")
    assert (fields.number(2), fields.rest().number(1), fields.left()) == (0x0302, 4, 1)


@pytest.mark.parametrize(("start", "end"), [(3, 2), (0, 5), (-1, 2), (9, 9)])
def test_a_block_beyond_the_file_is_refused(start, end):
    with pytest.raises(Hdf5Error, match=rf"^a block at byte {start} ends at byte {end} of 4$"):
        Fields(b"abcd", start, end, "a block")


def test_a_field_beyond_its_block_is_refused():
    for read in (lambda fields: fields.take(3), lambda fields: fields.number(8), lambda fields: fields.part(3)):
        with pytest.raises(Hdf5Error, match=r"^a block ends at byte 2, in the middle of a field$"):
            read(Fields(b"abcd", 0, 2, "a block"))


def test_other_values_are_named():
    with pytest.raises(Hdf5Error, match=r"^a block at byte 0: version 97, expected 1 or 2$"):
        Fields(b"abcd", 0, 4, "a block").expect("version", 1, 1, 2)
    with pytest.raises(Hdf5Error, match=r"^a block at byte 0 begins with b'abcd', expected b'TREE'$"):
        Fields(b"abcd", 0, 4, "a block").signature(b"TREE")


def test_a_block_has_one_name_and_bytes_of_its_own():
    storage = Storage(b"abcd")
    storage.block(1, 3, "a block")
    with pytest.raises(Hdf5Error, match=r"^a block at byte 1 is named twice$"):
        storage.block(1, 1, "a block")
    with pytest.raises(Hdf5Error, match=r"^a table lies over other parts of the file$"):
        storage.block(2, 2, "a table")


def test_a_name_ends_at_a_zero_byte():
    storage = Storage(b"ab\0" + b"c" * MAX_NAME_BYTES + b"\0")
    fields = storage.fields(0, None, "names")
    assert storage.name(fields, 1) == "b"
    for offset in (3, 1 << 60):
        with pytest.raises(Hdf5Error, match=r"^no name at byte"):
            storage.name(fields, offset)

"""Links and attributes in a fractal heap, of one block and of tables of tables."""

import random

import pytest

from export.reading.hdf5.hdf5_files import read_all, same_as_library, some_numbers, written


def many(links, attributes):
    def fill(file):
        group = file.create_group("layers", track_order=True)
        for number in range(links):
            group[f"{'long' * 20}_{number}"] = some_numbers(1)
        for number in range(attributes):
            group.attrs[f"weight_names{number}"] = ["x" * (number % 9)]

    return written(fill, track_order=True)


@pytest.mark.parametrize(("links", "attributes"), [(9, 9), (60, 300), (3000, 0)])
def test_many_links_and_attributes(links, attributes):
    same_as_library(many(links, attributes))


def test_a_damaged_heap_is_read_or_refused():
    content, drawn = many(40, 20), random.Random(1)  # noqa: S311  # places of damage, not secrets
    starts = [
        place
        for letters in (b"FRHP", b"FHDB", b"FHIB", b"BTHD", b"BTLF")
        for place in range(len(content))
        if content.startswith(letters, place)
    ]
    refused = 0
    for _ in range(300):
        changed = bytearray(content)
        changed[drawn.choice(starts) + drawn.randrange(40)] = drawn.choice((0, 1, 2, 127, 255))
        refused += not read_all(bytes(changed))
    assert refused > 30

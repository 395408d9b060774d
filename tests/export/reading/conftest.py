"""Saved Keras models, unchanged or with another configuration, and files of words."""

import json
import pickle
import zipfile

import pytest

from drupelet.errors import InputError
from drupelet_export.reading.owner_vocabulary import read_owner_vocabulary


@pytest.fixture
def edit_config(saved_model, tmp_path):
    """A function that copies the saved model with its configuration changed: ``change`` gets the document."""

    def edit(change, name="edited.keras"):
        path = tmp_path / name
        with zipfile.ZipFile(saved_model) as archive, zipfile.ZipFile(path, "w") as copy:
            for member in archive.namelist():
                content = archive.read(member)
                if member == "config.json":
                    document = json.loads(content)
                    document = change(document) or document
                    content = document if isinstance(document, bytes) else json.dumps(document).encode()
                if content is not None:
                    copy.writestr(member, content)
        return path

    return edit


@pytest.fixture
def save(tmp_path, keras_chain):
    """A function that saves a chain of layers and returns the path."""

    def write(*chain, name="model.keras"):
        path = tmp_path / name
        keras_chain(*chain).save(path)
        return path

    return write


@pytest.fixture
def write(tmp_path):
    """A function that writes the bytes or the text of a file, whose name says nothing."""

    def write_file(content):
        path = tmp_path / "words.dat"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def read(write):
    """A function that reads bytes or a text as the content of a file."""
    return lambda content: read_owner_vocabulary(write(content))


@pytest.fixture
def refused(write):
    """A function that returns the sentence with which a content is refused, without the path in front."""

    def sentence(content):
        path = write(content)
        with pytest.raises(InputError) as caught:
            read_owner_vocabulary(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        return message[len(f"{path}: ") :]

    return sentence


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """The path of a file that hostile pickles try to write, and no library function that loads a pickle works."""

    def refuse(*args, **named):
        raise AssertionError("a pickle was loaded")

    for module in (pickle, __import__("_pickle")):
        for name in ("load", "loads", "Unpickler"):
            monkeypatch.setattr(module, name, refuse)
    path = tmp_path / "canary"
    yield path
    assert not path.exists()

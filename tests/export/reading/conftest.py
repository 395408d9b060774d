"""Saved Keras models, unchanged or with another configuration."""

import json
import zipfile

import pytest


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

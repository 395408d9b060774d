"""Fixtures of the integration tests."""

from __future__ import annotations

from typing import Any

import pytest

from drupelet_export.tensorflow_log import tensorflow_log_on_failure


@pytest.fixture(scope="session")
def keras() -> Any:
    """Keras, imported once for all tests that need it."""
    with tensorflow_log_on_failure():
        import keras

    return keras

"""What every test shares."""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # tests import onnxruntime themselves, not only by import_library


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are named by their number: pickled sets and gzip dates differ between two processes that share the tests."""
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None

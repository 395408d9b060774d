"""The release of Keras that wrote a file, as far as its meaning depends on it."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class KerasVersion:
    """The version in a model file, such as ``2.2.4-tf``. A file without one (``unknown``) is older than Keras 3."""

    text: str

    @property
    def numbers(self) -> tuple[int, int]:
        """Major and minor number; (2, 4) for an unknown version, because files without one are those of tf.keras."""
        match = re.match(r"(\d{1,4})\.(\d{1,4})", self.text)
        return (int(match[1]), int(match[2])) if match else (2, 4)

    @property
    def is_before_3(self) -> bool:
        """True for Keras 1 and 2."""
        return self.numbers[0] < 3

    @property
    def is_1(self) -> bool:
        """True for Keras 1, whose layers and weights have other names."""
        return self.numbers[0] == 1

    @property
    def is_standalone(self) -> bool:
        """True for Keras before it became a part of TensorFlow: its Bidirectional repeats the output of a masked step."""
        return self.numbers < (2, 4) and not self.text.endswith("-tf")

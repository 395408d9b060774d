"""The version of drupelet, drupelet-export and drupelet-train. It is written nowhere else."""

__version__ = "0.1.0"

"""The meaning of each operation in float64, one module each."""

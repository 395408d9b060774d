"""Prepares what an epoch learns from: pieces of texts, and the soft labels of teachers."""

"""Turns words into ids and vectors: the vocabulary, GloVe, id matrices."""

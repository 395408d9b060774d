"""Reads labelled texts: IMDB, Rotten Tomatoes, a file (CSV, JSONL, Parquet), a folder for each class."""

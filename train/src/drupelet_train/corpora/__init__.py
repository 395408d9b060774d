"""Reads labelled texts: IMDB, Rotten Tomatoes, a CSV file, a folder for each class."""

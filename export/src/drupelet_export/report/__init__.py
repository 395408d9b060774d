"""Presents a verification to people: the document, the table for a terminal, and the page with its figures."""

"""Presents a verification to people: the document, the table of the terminal, the page with its figures."""

"""Emitters turn the final ModelDescription into the bytes of a file. They never read one back."""

"""From text to words: rules as a list of steps, carried out alike on every machine."""

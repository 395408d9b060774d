"""What a person checks of a trained network: figures of each label, mistakes, and what more texts would bring."""

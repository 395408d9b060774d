"""The description of a text classifier, its tensors, and two ways to evaluate it: a float64 oracle and a TensorFlow graph."""

"""Each operation in TensorFlow, one module each, from operators that TFLite has."""

"""The operations of a network, one module each: attributes, types of input and output, tensors, cost."""

"""The operations of a network in numpy, one module each: the readable reference for their meaning."""

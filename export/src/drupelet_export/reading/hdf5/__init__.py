"""The part of HDF5 that Keras writes, read by code of our own: the HDF5 library itself crashes and hangs on damaged files."""

"""The ONNX nodes of each operation, one module each.

A vector is (texts, width). Steps are (time, texts, width), because recurrent nodes expect time as the first axis. Steps behind
the end of a text, where texts of a batch differ in length, hold anything finite: an operation that joins steps leaves them out.
"""

"""Runs the training loop and keeps its state: checkpoints, scores, calibration."""

"""Searches settings with Optuna."""

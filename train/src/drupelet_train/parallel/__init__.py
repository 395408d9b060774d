"""Where tasks run at the same time: processes of this machine, or a Ray cluster."""

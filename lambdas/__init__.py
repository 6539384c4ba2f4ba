"""Lambda functions: one folder a function, `handler.py` and the logic beside it."""

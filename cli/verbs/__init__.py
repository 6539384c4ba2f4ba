"""The verbs: names, options and help. What each does is in a module of `cli`, imported by its call,
so that `--help` waits for nothing.
"""

"""The embedded AWS: MiniStack under our own starter, with plug-ins for what it lacks.

Everything that differs between a laptop and an AWS account lives in this package, and nothing
outside the command line imports it.
"""

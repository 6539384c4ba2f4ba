"""Figures of the whole, each beside a rival's from the same run on the same machine."""

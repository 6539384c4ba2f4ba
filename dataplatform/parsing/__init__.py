"""Landed bytes to rows of text, by the standard library; JSON Lines of one shape by Arrow too."""

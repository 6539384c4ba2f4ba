"""Contracts and models compiled to engine-neutral plans."""

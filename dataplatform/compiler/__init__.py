"""Contracts and models to plans: at synth, and where a contract is checked."""

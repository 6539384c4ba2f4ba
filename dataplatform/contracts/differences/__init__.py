"""In what two versions of contracts differ, and what of it must be announced."""

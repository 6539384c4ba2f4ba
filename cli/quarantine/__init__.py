"""`weir quarantine`: what was rejected, why, and once more through the pipeline."""

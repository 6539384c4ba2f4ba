"""Opens a run of the pipeline."""

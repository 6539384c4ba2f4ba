"""Chooses the engine that publishes each dataset."""

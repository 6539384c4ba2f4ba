"""Makes each streamed event one line of JSON."""

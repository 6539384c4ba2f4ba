"""Data contracts (ODCS YAML) read, checked and turned into frozen values; at synth only."""

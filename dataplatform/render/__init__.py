"""Plans rendered to the SQL of one engine; at synth only."""

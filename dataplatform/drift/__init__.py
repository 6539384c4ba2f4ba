"""What a source sends, compared with what its contract says, before anything is read whole."""

"""One module a kind of server that a contract can name."""

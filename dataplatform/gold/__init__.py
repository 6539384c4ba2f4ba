"""How a gold model is brought up to date, whatever engine computes its rows."""

"""`weir contracts`: contracts checked, compared with others, and added to."""

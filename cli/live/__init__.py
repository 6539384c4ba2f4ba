"""`weir live`: what streams have brought, before any run."""

"""What a contract asks of each record, as engine-neutral checks."""

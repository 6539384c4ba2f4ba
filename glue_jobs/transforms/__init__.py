"""Pure functions over DataFrames: no catalogue, no ledger, no clock."""

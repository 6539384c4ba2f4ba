"""Makes and evolves the tables of the lake and of the warehouse; never drops."""

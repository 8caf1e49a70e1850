"""The fit of a market on past deals: maximum a posteriori, block by block."""

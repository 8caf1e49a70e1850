"""Past deals as data: loading, checking every row, and what was known of them when."""

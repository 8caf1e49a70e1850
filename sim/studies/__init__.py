"""Studies: several simulations beside each other, on the same random numbers."""

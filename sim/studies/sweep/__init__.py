"""A sweep: one scenario with some of its fields varied, over a grid or a Latin hypercube, on one machine or many."""

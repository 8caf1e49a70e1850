"""Fewer paths for the same error: quasi-random latent draws, a control variate, importance sampling.

docs/variance-reduction.md says when each helps and by how much.
"""

"""Jitted kernels of the listing day, grouped by process.

Importing this package compiles nothing; importing a module of it imports Numba.
"""

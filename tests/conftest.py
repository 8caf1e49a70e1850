"""Puts this folder on the path, so that tests of every subject share :mod:`small_deals`."""

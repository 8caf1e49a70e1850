"""Results for other programs: data frames, Excel workbooks, Parquet and CSV files, and the page of a notebook.

Everything here takes a finished result; :class:`sim.result.Result` has a method for each. A file appears whole or
not at all, and the same result gives the same bytes with the same libraries.
"""

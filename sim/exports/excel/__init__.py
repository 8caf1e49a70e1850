"""The Excel workbook of a result: plain numbers with formats, and Excel's own charts.

``workbook.write_workbook`` puts the sheets together; each sheet has a module of its own. Nothing here is a formula.
"""

"""Pictures and console table of one run.

Everything here takes a finished result and formats it; nothing is simulated. ``plots.draw_run`` writes the
pictures, ``table.print_run`` prints the table. matplotlib is imported only by the modules that draw.
"""

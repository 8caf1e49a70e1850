"""``python -m sim`` is ``firstday``."""

from sim.cli import main

main()

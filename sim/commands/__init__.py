"""Commands of the command line that stand apart from a run; each module adds its own to the application."""

"""Walk-forward forecasts of past deals, their scores beside simple baselines, and the facts of past first days."""

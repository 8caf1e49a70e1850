"""The report of a run as one web page: ``report.html``, and the look it shares with the what-if page."""

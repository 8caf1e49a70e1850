"""What each user of a deal asks; every desk is a function of simulated paths and options to a frozen answer."""

"""Files that a plan is handed over in."""

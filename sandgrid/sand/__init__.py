"""What the sand does: its state, its loss to the wind, where it drifts and whom it reaches."""

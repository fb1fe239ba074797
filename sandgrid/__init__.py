"""SandGrid: one proven plan for sand control, wind and solar."""

"""Whole runs, from layers to files."""

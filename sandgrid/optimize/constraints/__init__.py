"""The rules of a plan, one small function per family of rows."""

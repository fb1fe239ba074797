"""The only readers of files: rasters, vectors and tables onto one grid and one CRS."""

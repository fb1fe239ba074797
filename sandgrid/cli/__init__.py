"""The command line: ``sandgrid plan``, ``check``, ``eligibility``, ``why``, ``verify`` ..."""

import os

# Formats that read other files are switched off before GDAL loads; the readers allow a list of
# drivers besides, since in a notebook GDAL may be loaded already.
os.environ["GDAL_SKIP"] = "VRT,OGR_VRT,CSV"
os.environ["GDAL_VRT_ENABLE_PYTHON"] = "NO"

from sandgrid.cli.app import main

__all__ = ["main"]

"""Start SandGrid by ``python -m sandgrid``."""

from sandgrid.cli import main

main()

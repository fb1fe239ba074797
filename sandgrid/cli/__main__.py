"""Start the command line by ``python -m sandgrid.cli``."""

from sandgrid.cli import main

main()

"""What treatment fits where, and what it costs."""

from sandgrid.treatment.catalogue import Sequence, Step, read_sequences
from sandgrid.treatment.sequences import list_treatments

__all__ = ["Sequence", "Step", "list_treatments", "read_sequences"]

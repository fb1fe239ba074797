"""Checks what was written against what was asked, from the files alone."""

from sandgrid.audit.report import AuditReport, Check, Fault, Outcome
from sandgrid.audit.running import CHECKS, audit_plan

__all__ = ["CHECKS", "AuditReport", "Check", "Fault", "Outcome", "audit_plan"]

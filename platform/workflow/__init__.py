"""Stages, rules, sequences, reminders and approvals, and the host that runs tenants' scripts."""

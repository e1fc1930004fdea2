"""Processes: identities, locks, keys handed over, start and follow."""

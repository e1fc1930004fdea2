"""Processes and what they share: Blender as a command, children, locks and their holders."""

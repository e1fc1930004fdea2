"""Draws the panels from the scene and the current snapshot, without computing, disk or network access."""

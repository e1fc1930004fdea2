"""Processes: start, query, follow and end them, and hand keys over."""

"""Buttons for jobs in the list, and for jobs that the server lists."""

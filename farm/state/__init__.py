"""Durable state: the database, and what it remembers of jobs, keys and workspaces."""

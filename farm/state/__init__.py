"""Durable state: the database, what it remembers of jobs, keys and workspaces, the cleanup."""

"""Durable state: the database, the objects, the cleanup."""

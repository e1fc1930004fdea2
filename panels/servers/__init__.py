"""Servers and other computers: a server's own jobs, a farm's nodes, helping another farm."""

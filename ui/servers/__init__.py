"""The servers that the user can choose, and the servers' own lists of jobs."""

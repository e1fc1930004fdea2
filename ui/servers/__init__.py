"""The servers that the user can choose, and the jobs that they list themselves."""

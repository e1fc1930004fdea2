"""The list of jobs, the selected one, and what needs the user."""

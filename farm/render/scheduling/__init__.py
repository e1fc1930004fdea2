"""Which job is validated and which frame is rendered when, and what becomes of a job whose frames fail."""

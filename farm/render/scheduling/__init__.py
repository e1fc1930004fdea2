"""When each job is validated and each frame rendered, and what happens to a job whose frames fail."""

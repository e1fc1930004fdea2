"""From the check to the submission: the dry run, its findings and their fixes, and what is sent."""

"""Changes to the open file that remove a finding."""

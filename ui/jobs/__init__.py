"""What the job list shows: the journal as it is read now, rows and their words, progress and pictures."""

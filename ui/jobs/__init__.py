"""What the job list shows: the current journal, rows and their texts, progress and pictures."""

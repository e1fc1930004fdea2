"""What the farm keeps of files, in a folder or a bucket, and signed links to it. Knows nothing of jobs."""

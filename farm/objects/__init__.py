"""The files that the farm stores, in a folder or a bucket, and signed links to them. Knows nothing about jobs."""

"""What nodes are working on, and how the files of it arrive."""

"""What nodes are working on, and how the resulting files arrive."""

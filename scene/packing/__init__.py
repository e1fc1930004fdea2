"""Making the package: a saved copy and its files."""

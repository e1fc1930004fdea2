"""What a stranger's file must not do: paths that lead out of its package, code that it would run."""

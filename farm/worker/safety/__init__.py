"""What a stranger's file must not do: use paths outside its package, or run code."""

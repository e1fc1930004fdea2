"""What the user folder remembers of submissions: the journal, its file, and the rules of what may happen next."""

"""The record of submissions in the user folder: the journal, its file, and the rules of what may happen next."""

"""The strips of a sequencer: which are shown, at which frames, and the files that they name."""

"""Rendering: the scheduler, the packages' files, the backends."""

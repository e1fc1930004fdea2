"""The command line: `farmhand …`, and `blender --command farmhand …`. Standard library only."""

"""What a submission is on disk: its record, its folder, the journal. Standard library only, no bpy."""

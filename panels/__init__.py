"""What is drawn: reads the scene and the live snapshot, computes nothing, touches no disk and no network."""

"""Finished frames: where they go, how they are downloaded and verified."""

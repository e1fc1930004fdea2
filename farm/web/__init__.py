"""The farm's web page: jobs, frames and the disk, for people with a browser and a key."""

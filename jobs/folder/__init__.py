"""What one submission holds on disk: its job folder, the files in it, and the zip that is made of them."""

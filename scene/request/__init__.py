"""What is asked of the service: settings, frames, output."""

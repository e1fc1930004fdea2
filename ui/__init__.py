"""What buttons and panels share: state, properties, preferences, servers, text."""

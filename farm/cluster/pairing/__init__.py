"""How another computer gets its key: invitations, one-time codes, and the server that takes them."""

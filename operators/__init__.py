"""What a button does. Thin: each operator reads the context, calls one thing and reports."""

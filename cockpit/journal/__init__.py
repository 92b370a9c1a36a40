"""What the desk has written down: reading it, checking it, giving it to others."""

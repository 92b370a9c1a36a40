"""What lies over the panels and takes the keys."""

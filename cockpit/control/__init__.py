"""The engine as a screen or a script sees it: one interface, whatever carries it."""

"""The terminal screen. :mod:`cockpit.ui.terminal` is the way in."""

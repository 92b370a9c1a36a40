"""Strategies of a user's own: written from a template, built, loaded, tried out."""

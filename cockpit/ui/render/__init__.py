"""Pure drawing: functions from a scene and a size to rows of text, without a screen."""

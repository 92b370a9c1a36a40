"""What a desk leaves behind for other eyes: latency logs."""

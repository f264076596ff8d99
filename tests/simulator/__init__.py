"""What the simulator promises."""

"""What a release does next: each step looks, plans and has one order carried out at a time; none ever waits."""

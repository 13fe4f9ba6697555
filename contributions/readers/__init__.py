"""What reads bytes that strangers made: bounded, and without Django or any library that loads models."""

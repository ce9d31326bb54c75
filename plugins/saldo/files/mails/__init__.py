"""What the people who own files are told: when, in which words, and that it is sent."""

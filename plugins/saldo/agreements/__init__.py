"""Agreement files: what they may say, how they are read, checked and written."""

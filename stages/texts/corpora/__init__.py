"""Where texts come from, and the rules by which they become a corpus of three splits."""

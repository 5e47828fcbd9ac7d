"""From texts to rows of tokens: where they come from, and how they are read."""

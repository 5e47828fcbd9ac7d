"""From texts to tokens, and from tokens to rows of one width."""

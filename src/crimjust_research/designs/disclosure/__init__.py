"""What of small counts, shares, sums and curves may be told without telling of a person."""

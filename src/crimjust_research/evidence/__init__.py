"""What an estimate is, what was registered, and how sure one may be."""

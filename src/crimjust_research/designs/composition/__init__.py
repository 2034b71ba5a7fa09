"""What a whole is made of: diversity, overlap, entry and exit of kinds."""

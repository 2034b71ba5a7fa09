"""Study designs as pure functions of arrays and frames: no country, no file and no drug is known here."""

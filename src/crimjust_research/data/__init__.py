"""The data: read as published, checked, stored by vintage, and made into panels. Nothing is drawn here."""

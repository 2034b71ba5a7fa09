"""What an author takes away for a text of their own: tables in the forms that texts are written in, numbers by name."""

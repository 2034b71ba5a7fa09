"""All that the repository knows of one country: read from panels, told in parts, printed, drawn, and set on pages."""

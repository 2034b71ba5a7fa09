"""Who counts as having joined the programme."""

# The tier of `programme_entry` whose States joined; the others entered through single activities or projects.
JOINED_TIER = "I"
# Its States, by ISO code: parameters that name some are checked against them before any table is opened.
JOINED_STATES = ("ARG", "BOL", "BRA", "COL", "CPV", "DOM", "ECU", "GHA", "GNB", "NGA", "PAN", "PER")

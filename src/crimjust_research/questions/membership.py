"""Who counts as having joined the programme."""

# The tier of `programme_entry` whose States joined; the others entered through single activities or projects.
JOINED_TIER = "I"

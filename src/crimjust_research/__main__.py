"""`python -m crimjust_research`: the command line, for where its script is not on the path."""

from crimjust_research.cli import main

main()

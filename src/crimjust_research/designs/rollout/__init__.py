"""Roll-outs before they start: what each design could find, in closed form and by permutation."""

"""Results told to machines: an RO-Crate of each run, and one of the whole report."""

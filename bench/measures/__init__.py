"""What is measured, one file a question; each has ``measure(options)``, which gives a JSON value, and ``tables(value)``."""

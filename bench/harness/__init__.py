"""What every measure uses: places, data, running and statistics, the document and its plot."""


class BenchError(Exception):
    """What was to be measured cannot be: said on standard error, exit code 2."""

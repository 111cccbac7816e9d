"""What every measure uses: places, data, running and statistics, the document and its plot."""

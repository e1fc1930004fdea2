"""The files that the farm keeps on its disk or in a bucket: where, how much, and when they are removed."""

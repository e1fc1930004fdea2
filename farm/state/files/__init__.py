"""What the farm keeps on its disk or in a bucket: where, how much of it, and when it is given up."""

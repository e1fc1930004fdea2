"""Values that change over time: curves, the NLA, drivers, and the times at which a render reads them."""

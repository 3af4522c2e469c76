"""What `make bench` measures: ratios against a floor or a peer in the same run, never absolute speed."""

"""What staff read: histories, sums and search over everything, and never a write."""

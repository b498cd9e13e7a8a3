"""What was done, by whom, why, and what stood before and after: hash chains that convict."""

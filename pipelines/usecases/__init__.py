"""What commits: every change of the books starts in one of these modules."""

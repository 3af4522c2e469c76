"""Calendar pages, feeds and subscriptions."""

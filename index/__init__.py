"""A body of news articles as a searchable index: knows no chat platform, decides nothing about answers."""

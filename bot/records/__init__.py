"""What the bot remembers besides the articles: a file for each thing, all of them over one database."""

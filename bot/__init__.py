"""What is said, and where: answers made of excerpts, and the terminal, Discord and Slack that show them."""

"""Keys and authorities that put signatures and time stamps on what is kept."""

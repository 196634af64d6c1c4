"""What a pass shows, to whoever has its text: one statement, without an account, without cookies, for a while."""

"""The pages that people work with: rendered on the server, one process, one port."""

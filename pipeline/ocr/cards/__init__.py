"""Numbers of payment cards on paper: found where a page is read, so that they can be masked before anything is made
of it."""

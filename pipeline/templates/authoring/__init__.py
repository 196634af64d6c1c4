"""From the scan of a blank form to the proposal of a layout file: what is ruled, what is printed, what it means."""

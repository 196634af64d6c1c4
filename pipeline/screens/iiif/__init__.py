"""Images as the IIIF Image API has them, 3.0 and 2.1: what is asked for, what that is of an image, the answer."""

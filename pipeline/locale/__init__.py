"""The message catalogues, gettext files by language; read by `pipeline.messages`."""

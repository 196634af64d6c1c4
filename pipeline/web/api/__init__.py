"""The court API: what pages show people, as JSON for machines; `docs/api.md` is for whoever programs one."""

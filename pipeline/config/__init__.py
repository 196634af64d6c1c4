"""Settings: the environment (`CONSTAT_*`) over a TOML file (`CONSTAT_CONFIG`) over defaults; read here alone."""

from __future__ import annotations

from pipeline.config.loading import display_language as display_language
from pipeline.config.loading import load_settings as load_settings
from pipeline.config.loading import without_password as without_password
from pipeline.config.settings import LONGEST_VERIFY_URL as LONGEST_VERIFY_URL
from pipeline.config.settings import PREFIX as PREFIX
from pipeline.config.settings import Settings as Settings

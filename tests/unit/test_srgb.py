from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from pipeline.screens.srgb import srgb_profile


def test_the_profile_is_the_one_that_others_know_as_srgb() -> None:
    ours = ImageCms.ImageCmsProfile(BytesIO(srgb_profile()))
    theirs = ImageCms.createProfile("sRGB")
    colors = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))

    converted = ImageCms.profileToProfile(colors, ours, theirs)
    assert converted is not None
    assert np.abs(np.asarray(converted, np.int16) - np.asarray(colors, np.int16)).max() <= 1


def test_the_profile_is_of_a_version_that_the_oldest_archive_standard_knows() -> None:
    assert ImageCms.ImageCmsProfile(BytesIO(srgb_profile())).profile.version < 3.0

"""Puts the parts together; the only module that names adapters.

Imports of what is slow to load stand in the function that needs it: a command that only looks something up loads no
reader, a worker no database, and each starts a second earlier.
"""

from __future__ import annotations

from pipeline.wiring.app import App as App
from pipeline.wiring.app import checking as checking
from pipeline.wiring.app import feeding_paper as feeding_paper
from pipeline.wiring.app import gate as gate
from pipeline.wiring.app import holding as holding
from pipeline.wiring.app import reading as reading
from pipeline.wiring.app import review_desk as review_desk
from pipeline.wiring.app import serving as serving
from pipeline.wiring.app import site_rules as site_rules
from pipeline.wiring.app import statement_screens as statement_screens
from pipeline.wiring.app import writing as writing
from pipeline.wiring.app import writing_kept as writing_kept
from pipeline.wiring.database import anything_kept as anything_kept
from pipeline.wiring.database import feeding as feeding
from pipeline.wiring.editions import known_layouts as known_layouts
from pipeline.wiring.files import look_through as look_through
from pipeline.wiring.files import package_files as package_files
from pipeline.wiring.files import packer as packer
from pipeline.wiring.files import retention_file as retention_file
from pipeline.wiring.files import retention_schedule as retention_schedule
from pipeline.wiring.files import scan_profile as scan_profile
from pipeline.wiring.files import scanned_page as scanned_page
from pipeline.wiring.files import stored_pages as stored_pages
from pipeline.wiring.forms import catalogue as catalogue
from pipeline.wiring.forms import fonts as fonts
from pipeline.wiring.forms import layout_file as layout_file
from pipeline.wiring.forms import particular_name as particular_name
from pipeline.wiring.forms import proposed_layout as proposed_layout
from pipeline.wiring.forms import require_issuer as require_issuer
from pipeline.wiring.forms import requirements as requirements
from pipeline.wiring.hooks import hook_desk as hook_desk
from pipeline.wiring.hooks import new_hooks_key as new_hooks_key
from pipeline.wiring.layouts import layout_desk as layout_desk
from pipeline.wiring.objects import bucket_found as bucket_found
from pipeline.wiring.objects import new_bucket as new_bucket
from pipeline.wiring.objects import object_store as object_store
from pipeline.wiring.objects import require_fit_bucket as require_fit_bucket
from pipeline.wiring.registering import electronic_forms as electronic_forms
from pipeline.wiring.registering import registrar as registrar
from pipeline.wiring.signing import identity_provider as identity_provider
from pipeline.wiring.signing import new_key as new_key
from pipeline.wiring.signing import pdf_signer as pdf_signer
from pipeline.wiring.signing import signer as signer
from pipeline.wiring.signing import signer_at as signer_at
from pipeline.wiring.signing import trust_anchors as trust_anchors
from pipeline.wiring.watching import begin_log as begin_log
from pipeline.wiring.work import flow_kit as flow_kit
from pipeline.wiring.work import worker_factory as worker_factory
from pipeline.wiring.work import worker_parts as worker_parts

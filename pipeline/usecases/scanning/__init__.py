"""Scan sessions: opened for a batch of mail, fed side by side, looked at, ended. What was delivered is safe at once."""

from __future__ import annotations

from pipeline.usecases.scanning.alarms import Alarm as Alarm
from pipeline.usecases.scanning.counting import ScanCounts as ScanCounts
from pipeline.usecases.scanning.course import Again as Again
from pipeline.usecases.scanning.ending import end_session as end_session
from pipeline.usecases.scanning.feeding import feed as feed
from pipeline.usecases.scanning.look import PageLook as PageLook
from pipeline.usecases.scanning.look import looks_of as looks_of
from pipeline.usecases.scanning.looks import Looker as Looker
from pipeline.usecases.scanning.looks import make_missing as make_missing
from pipeline.usecases.scanning.opening import enter_header as enter_header
from pipeline.usecases.scanning.opening import open_session as open_session
from pipeline.usecases.scanning.paper import ScannedSheet as ScannedSheet
from pipeline.usecases.scanning.paper import numbers as numbers
from pipeline.usecases.scanning.turns import LEASE_S as LEASE_S
from pipeline.usecases.scanning.turns import require_nobody_feeds as require_nobody_feeds
from pipeline.usecases.scanning.turns import silent_feedings as silent_feedings
from pipeline.usecases.scanning.view import SessionView as SessionView
from pipeline.usecases.scanning.view import session_view as session_view

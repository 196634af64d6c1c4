"""The frozen values of keeping: batches, files, pages, statements and ledger entries as they are recorded.

A record says what was received and what became of it. It never holds image bytes: those are objects, named by digest.
"""

from __future__ import annotations

from pipeline.custody.jobs import Job as Job
from pipeline.custody.jobs import JobFailed as JobFailed
from pipeline.custody.jobs import JobResult as JobResult
from pipeline.custody.jobs import PageDone as PageDone
from pipeline.custody.jobs import SheetDone as SheetDone
from pipeline.custody.jobs import SheetJob as SheetJob
from pipeline.custody.jobs import Split as Split
from pipeline.custody.jobs import SplitJob as SplitJob
from pipeline.custody.jobs import SplitPage as SplitPage
from pipeline.custody.jobs import StoredPage as StoredPage
from pipeline.custody.objects import Bucket as Bucket
from pipeline.custody.objects import ObjectRef as ObjectRef
from pipeline.custody.objects import ObjectStat as ObjectStat
from pipeline.custody.objects import Retention as Retention
from pipeline.custody.objects import RetentionMode as RetentionMode
from pipeline.custody.objects import is_retained as is_retained
from pipeline.custody.objects import prolonged as prolonged
from pipeline.custody.objects import retention_of as retention_of
from pipeline.custody.placing import OutcomeVersion as OutcomeVersion
from pipeline.custody.placing import Placement as Placement
from pipeline.custody.placing import placement_from as placement_from
from pipeline.custody.placing import placement_text as placement_text
from pipeline.custody.rows import FILE_END_STATES as FILE_END_STATES
from pipeline.custody.rows import SETTLED_MATCHES as SETTLED_MATCHES
from pipeline.custody.rows import BatchOptions as BatchOptions
from pipeline.custody.rows import BatchRow as BatchRow
from pipeline.custody.rows import BatchState as BatchState
from pipeline.custody.rows import DerivativeRef as DerivativeRef
from pipeline.custody.rows import EntryHash as EntryHash
from pipeline.custody.rows import FileRow as FileRow
from pipeline.custody.rows import FileState as FileState
from pipeline.custody.rows import LedgerEntry as LedgerEntry
from pipeline.custody.rows import LedgerHead as LedgerHead
from pipeline.custody.rows import MatchBasis as MatchBasis
from pipeline.custody.rows import MatchState as MatchState
from pipeline.custody.rows import PageRole as PageRole
from pipeline.custody.rows import PageRow as PageRow
from pipeline.custody.rows import ReturnMatch as ReturnMatch
from pipeline.custody.rows import StatementRow as StatementRow
from pipeline.custody.seals import KeptSeal as KeptSeal
from pipeline.custody.seals import KeyId as KeyId
from pipeline.custody.seals import RootHash as RootHash
from pipeline.custody.seals import Seal as Seal
from pipeline.custody.transfer import Device as Device
from pipeline.custody.transfer import FileScan as FileScan
from pipeline.custody.transfer import PageScan as PageScan
from pipeline.custody.transfer import ScanProfile as ScanProfile
from pipeline.custody.transfer import TransferRef as TransferRef
from pipeline.custody.transfer import plain_text as plain_text

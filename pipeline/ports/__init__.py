"""What the core asks of the outside: Protocols that adapters fill. One fake of each lives in `tests/fakes.py`."""

from __future__ import annotations

from pipeline.ports.boxes import Boxes as Boxes
from pipeline.ports.boxes import BoxesChange as BoxesChange
from pipeline.ports.clock import Clock as Clock
from pipeline.ports.clock import Progress as Progress
from pipeline.ports.clock import StageTrace as StageTrace
from pipeline.ports.files import FileGroup as FileGroup
from pipeline.ports.files import FileSource as FileSource
from pipeline.ports.files import FoundFile as FoundFile
from pipeline.ports.files import Listing as Listing
from pipeline.ports.files import NotTaken as NotTaken
from pipeline.ports.files import PageSource as PageSource
from pipeline.ports.files import Sides as Sides
from pipeline.ports.files import SourceBytes as SourceBytes
from pipeline.ports.objects import ObjectReferences as ObjectReferences
from pipeline.ports.objects import ObjectReferencesChange as ObjectReferencesChange
from pipeline.ports.objects import ObjectStore as ObjectStore
from pipeline.ports.package import BagDraft as BagDraft
from pipeline.ports.package import BagFiles as BagFiles
from pipeline.ports.package import BagWriter as BagWriter
from pipeline.ports.package import ReceivedPages as ReceivedPages
from pipeline.ports.reading import Cache as Cache
from pipeline.ports.reading import OcrEngine as OcrEngine
from pipeline.ports.reading import PageReader as PageReader
from pipeline.ports.reading import PrintedLine as PrintedLine
from pipeline.ports.reading import PrintReader as PrintReader
from pipeline.ports.reading import SecondReader as SecondReader
from pipeline.ports.records import Records as Records
from pipeline.ports.records import RecordsTransaction as RecordsTransaction
from pipeline.ports.sealing import PdfSigner as PdfSigner
from pipeline.ports.sealing import SealChanges as SealChanges
from pipeline.ports.sealing import SealFiles as SealFiles
from pipeline.ports.sealing import Sealing as Sealing
from pipeline.ports.sealing import SealRecords as SealRecords
from pipeline.ports.sealing import Signer as Signer
from pipeline.ports.sealing import TimeAuthority as TimeAuthority
from pipeline.ports.transfer import InstalledSoftware as InstalledSoftware
from pipeline.ports.transfer import ScanMetadata as ScanMetadata
from pipeline.ports.transfer import Transfers as Transfers
from pipeline.ports.transfer import TransfersChange as TransfersChange
from pipeline.ports.work import JobRunner as JobRunner

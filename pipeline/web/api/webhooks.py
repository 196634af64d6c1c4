"""What receivers of webhooks are sent, for the document of the API; nothing here is asked of this server."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field

from pipeline.web.api.events import EventAnswer

router = APIRouter()


class Message(EventAnswer):
    """An event as in the feed."""

    data: dict[str, str] = Field(description="As its kind says, without `value`: that is asked for at `href`.")


class Signed(BaseModel):
    """The headers by which a message is known for genuine: see docs/webhooks.md."""

    id: Annotated[str, Field(alias="webhook-id", description="The event's id, the same at every try.")]
    timestamp: Annotated[int, Field(alias="webhook-timestamp", description="Of the try, in seconds.")]
    signature: Annotated[
        str, Field(alias="webhook-signature", description="`v1,` and an HMAC-SHA256 in Base64; several with blanks.")
    ]


@router.post("event", name="event", status_code=204, responses={"default": {"description": "It is sent again later."}})
def event(message: Message, signed: Annotated[Signed, Header()]) -> None:
    """Something happened to a statement. Any answer from 200 to 299 says that the message arrived."""

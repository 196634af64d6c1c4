"""RabbitMQ or Redis as the queue: opened by its address, its errors as ours.

Messages are kept by it and confirmed, although nothing depends on them: what is to be done is in the records.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from pipeline.custody.queued import QueuedJob
from pipeline.errors import OperatorError, PipelineError, Unavailable
from pipeline.worker.queues import QUEUES, queue_of

if TYPE_CHECKING:
    from dramatiq import Broker
    from dramatiq.brokers.rabbitmq import RabbitmqBroker
    from dramatiq.brokers.redis import RedisBroker

NAMESPACE: Final = "constat"
_SILENCE_S: Final = 30
"""A server that does not answer for so long is gone."""
_CONNECT_S: Final = 5.0
_RABBIT_DEFAULTS: Final = {
    "heartbeat": _SILENCE_S,
    "socket_timeout": _CONNECT_S,
    "stack_timeout": 2 * _CONNECT_S,
    # A server that is short of memory or disk takes no messages; whoever sends waits so long.
    "blocked_connection_timeout": _SILENCE_S,
    "connection_attempts": 1,
}


def open_broker(url: str) -> Broker:
    """A broker with the queues declared; nothing is connected yet.

    Args:
        url: `amqp://`, `amqps://`, `redis://` or `rediss://`.
    """
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    # Which queue there is no connection to is said by dramatiq once for each; what it says below is for its makers.
    logging.getLogger("dramatiq").setLevel(logging.CRITICAL)
    broker = _rabbitmq(url) if url.startswith("amqp") else _redis(url)
    for queue in QUEUES:
        broker.declare_queue(full_name(queue))
    return broker


def full_name(queue: str) -> str:
    """As the server knows a queue."""
    return f"{NAMESPACE}.{queue}"


class BrokerQueues:
    """Fills `JobQueues`, for one thread."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def tell(self, jobs: Sequence[QueuedJob]) -> None:
        from dramatiq import Message

        with translated():
            for job in jobs:
                queue = queue_of(job.kind)
                self._broker.enqueue(Message(full_name(queue), queue, (job.id,), {}, {}))

    def waiting(self, queue: str) -> int:
        from dramatiq.brokers.redis import RedisBroker

        name = full_name(queue)
        with translated():
            if isinstance(self._broker, RedisBroker):
                return int(self._broker.client.llen(f"{NAMESPACE}:{name}"))
            return _waiting(self._broker, name)

    def close(self) -> None:
        self._broker.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the libraries report into the pipeline's errors."""
    import redis
    from dramatiq.errors import DramatiqError
    from pika.exceptions import AMQPError

    try:
        yield
    except (DramatiqError, AMQPError, redis.RedisError, OSError) as error:
        raise failure(error) from error


def failure(error: Exception) -> PipelineError:
    """What an error of the libraries means. Of their words nothing goes along: some quote the address."""
    from dramatiq.errors import ConnectionClosed
    from pika import exceptions as pika
    from redis import exceptions as redis

    # dramatiq wraps what pika says, and pika a list of attempts.
    found: object = error.message if isinstance(error, ConnectionClosed) else error
    kind = type(found).__name__
    if isinstance(found, pika.ProbableAuthenticationError | pika.ProbableAccessDeniedError | pika.AuthenticationError):
        return OperatorError("broker_refused", kind=kind)
    if isinstance(found, redis.AuthenticationError | redis.AuthorizationError | redis.NoPermissionError):
        return OperatorError("broker_refused", kind=kind)
    if isinstance(found, redis.ResponseError) and not isinstance(found, redis.BusyLoadingError):
        # Short of memory, a replica that may not be written, a command that this user may not use.
        return Unavailable("broker_error", kind=kind)
    return Unavailable("broker_unreachable", kind=kind)


def _rabbitmq(url: str) -> RabbitmqBroker:
    import pika
    from dramatiq.brokers.rabbitmq import RabbitmqBroker

    parameters = pika.URLParameters(url)
    given = parse_qs(urlsplit(url).query)
    for name, value in _RABBIT_DEFAULTS.items():
        if name not in given:
            setattr(parameters, name, value)
    broker = RabbitmqBroker(confirm_delivery=True, middleware=[])
    broker.parameters = parameters
    return broker


def _redis(url: str) -> RedisBroker:
    import redis
    from dramatiq.brokers.redis import RedisBroker

    client = redis.Redis.from_url(
        url, socket_timeout=_SILENCE_S, socket_connect_timeout=_CONNECT_S, health_check_interval=_SILENCE_S
    )
    return RedisBroker(client=client, namespace=NAMESPACE, middleware=[])  # type: ignore[no-untyped-call]  # as it comes


def _waiting(broker: Broker, name: str) -> int:
    from dramatiq.brokers.rabbitmq import RabbitmqBroker
    from pika.exceptions import AMQPError

    if not isinstance(broker, RabbitmqBroker):
        return 0
    try:
        broker.declare_queue(name, ensure=True)
        declared = broker.channel.queue_declare(queue=name, passive=True)
    except AMQPError:
        # The next one asks on a new connection, and makes the queue where it is no longer there.
        del broker.connection
        broker.queues_pending.add(name)
        raise
    return int(declared.method.message_count)
